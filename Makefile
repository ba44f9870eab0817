.DEFAULT_GOAL := help
SHELL         := bash
LINT_VERSION  := v2.15.0
GO            ?= go

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

test: ## All tests, on SQLite and on PostgreSQL (installed from Debian's packages when missing)
	@scripts/postgres.sh $(GO) test ./...

check: lint test demo ## Everything a change must pass

demo: ## Five parties on this machine play the main job, every beat asserted
	$(GO) run ./cmd/entente demo --script

lint: bin/golangci-lint-$(LINT_VERSION) ## Formatting, bugs, architecture
	$< fmt --diff && $< run ./...

fmt: bin/golangci-lint-$(LINT_VERSION) ## Format every file
	$< fmt && $(GO) fix ./...

build: ## The binary, as small and as reproducible as it gets
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o bin/entente ./cmd/entente

generate: ## Rewrite generated documents and golden files
	UPDATE=1 $(GO) test ./...

bench: ## Our own benchmarks, then the comparison with other engines
	$(GO) test -run '^$$' -bench . -benchtime 1s ./decision ./intel/... ./privacy ./transparency ./casework ./store ./exchange ./stories
	cd bench && ./run.sh

corpus: ## Import every published bundle of the corpus in ENTENTE_SHARED
	ENTENTE_SHARED=$${ENTENTE_SHARED:?the folder that holds corpus/ and law/} $(GO) test -count=1 -v -run Corpus ./intel/... ./privacy ./exchange ./stories

nightly: ## The long matrices: a million random cases, 200 kills, 6 000 timed pairs, a minute of fuzzing each
	ENTENTE_PAIRS=6000 $(GO) test -count=1 -p 1 -timeout 60m -v -run TestPR9 ./wire/...
	ENTENTE_CASES=1000000 $(GO) test -count=1 -timeout 60m ./decision
	ENTENTE_KILLS=200 scripts/postgres.sh $(GO) test -count=1 -timeout 60m -run 'Kill|TestP7' ./store ./stories
	$(GO) test -race -count=1 -timeout 60m ./...
	scripts/fuzz.sh

bin/golangci-lint-$(LINT_VERSION):
	GOBIN=$(CURDIR)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv bin/golangci-lint $@

.PHONY: help test check demo lint fmt build generate bench corpus nightly
