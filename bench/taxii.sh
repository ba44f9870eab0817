#!/bin/sh
# Measures Entente and OpenTAXII with the same client and corpus, one after the
# other, and writes TAXII.md. OpenTAXII is Python and not on every machine:
#
#   OPENTAXII=checkout PYTHONPATH=its:libraries ./taxii.sh
#
# needs gunicorn for the same python3, and port 8498 and 8499 free.
set -eu
cd "$(dirname "$0")"
: "${OPENTAXII:?the folder of a checkout of OpenTAXII}"
python=${PYTHON:-python3}
dir=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null; rm -rf "$dir"' EXIT
go build -o "$dir/taxii" ./cmd/taxii
(cd .. && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$dir/entente" ./cmd/entente)
here=$PWD
cd "$dir"

# Entente: one party adds, the operator releases what it added to another, which reads.
export ENTENTE_DATA=$dir/aa
./entente init --id csirt-aa --name 'CSIRT AA' --kind csirt --jurisdiction AA >/dev/null
for p in bb cc; do
	./entente --data $p init --id csirt-$p --name "CSIRT $p" --kind csirt --jurisdiction BB >/dev/null
	./entente --data $p party card >$p.json 2>$p.print
	./entente party add $p.json --fingerprint "$(grep -o 'sha256:[0-9a-f]*' $p.print | head -1)" >/dev/null
	./entente credential grant csirt-$p >$p.secret 2>/dev/null
done
./entente credential ca >ca.pem
./entente instrument add "$here/../scripts/clients/mou.yaml" --by 'Legal Owner' >/dev/null
serve() {
	./entente serve --listen 127.0.0.1:0 --peer-listen 127.0.0.1:0 --tools-listen 127.0.0.1:8499 2>serve.log &
	server=$!
	until curl -s -o /dev/null --cacert ca.pem https://127.0.0.1:8499/taxii2/; do sleep 0.1; kill -0 "$server" || { cat serve.log >&2; exit 1; }; done
}
collection() { # collection USER TITLE prints its URL
	curl -s --cacert ca.pem -u "csirt-$1:$(cat $1.secret)" -H 'Accept: application/taxii+json;version=2.1' https://127.0.0.1:8499/entente/collections/ |
		"$python" -c 'import json,sys; print("https://127.0.0.1:8499/entente/collections/%s/" % next(c["id"] for c in json.load(sys.stdin)["collections"] if c["title"] == sys.argv[1]))' "$2"
}
serve
./taxii -name Entente -ca ca.pem -user csirt-bb -password-file bb.secret -add "$(collection bb Contributions)" >>rows.jsonl
kill "$server" && wait "$server" || true
seq -f 'indicator--5a5a5a5a-0000-4000-8000-%012.0f' 0 9999 >ids
split -l 1000 ids chunk.
for c in chunk.*; do ./entente release send --alone --to csirt-cc $(cat "$c") >/dev/null; done
serve
./taxii -name Entente -ca ca.pem -user csirt-cc -password-file cc.secret -read "$(collection cc Released)" >>rows.jsonl
kill "$server" && wait "$server" || true

# OpenTAXII, as its own example sets it up.
cat >opentaxii.yml <<EOF
---
domain: "127.0.0.1:8498"
taxii2:
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {db_connection: "sqlite:///$dir/opentaxii.db", create_tables: yes}
  title: OpenTAXII
  public_discovery: true
  max_content_length: 209715200
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {db_connection: "sqlite:///$dir/auth.db", create_tables: yes, secret: not-secret}
taxii1:
logging: {opentaxii: warning, root: warning}
EOF
export OPENTAXII_CONFIG=$dir/opentaxii.yml PYTHONPATH=$OPENTAXII${PYTHONPATH:+:$PYTHONPATH} PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore
root=b96631e7-f1c1-43dd-b9d6-55d634f31c41
"$python" -c 'from opentaxii.cli.persistence import add_api_root as f; f()' --title Default --default --public --id $root >/dev/null
"$python" -c 'from opentaxii.cli.persistence import add_collection as f; f()' --rootid $root --title Corpus --alias corpus --public --public-write >/dev/null
"$python" -m gunicorn -w 2 -b 127.0.0.1:8498 --timeout 600 opentaxii.http:app >opentaxii.log 2>&1 &
server=$!
until curl -s -o /dev/null http://127.0.0.1:8498/taxii2/; do sleep 0.2; done
url=http://127.0.0.1:8498/taxii2/$root/collections/corpus/
./taxii -name OpenTAXII -add "$url" >>rows.jsonl
./taxii -name OpenTAXII -read "$url" >>rows.jsonl

./taxii -report -machine "${MACHINE:-$(getconf _NPROCESSORS_ONLN) vCPU cloud machine}" <rows.jsonl >TAXII.md
mv TAXII.md "$here/TAXII.md"
