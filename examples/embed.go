// Package examples is the law of two worked examples: the four instruments of
// the design and the agreements of Operation Lantern, the guided demo.
//
// Nothing here is law: every file says that it is illustrative, and no named
// person answers for it. Invariant: each file loads, satisfies the schema, and
// its vectors hold.
package examples

import "embed"

// Files holds instruments/ and lantern/. In each folder scenario.yaml describes
// the parties and cases; every other file is an instrument.
//
//go:embed instruments/*.yaml lantern/*.yaml
var Files embed.FS
