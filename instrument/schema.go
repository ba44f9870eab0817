package instrument

import (
	_ "embed" // the schema is part of the program
)

//go:embed instrument.schema.json
var schema string

// Schema returns the JSON Schema (2020-12) of format 1, for editors and for
// those who write instruments with other tools. [Load] refuses all that it
// refuses, and more.
func Schema() []byte { return []byte(schema) }
