// Package examples is two worked examples, the four instruments of the design
// and Operation Lantern with its law and its breach report, and published
// intelligence to play them with.
//
// Nothing here is law: every file says that it is illustrative, and no named
// person answers for it. Invariant: each file loads, satisfies the schema, and
// its vectors hold.
package examples

import "embed"

// Files holds instruments/, lantern/, drafts/ and published/. In the first two,
// scenario.yaml describes the parties and cases and every other YAML file is an
// instrument.
//
//go:embed instruments/*.yaml lantern/*.yaml lantern/*.json drafts/*.yaml published
var Files embed.FS
