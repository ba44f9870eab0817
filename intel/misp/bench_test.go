package misp

import (
	"os"
	"testing"
)

// BenchmarkParse reads and converts an event with one of everything.
func BenchmarkParse(b *testing.B) {
	src, err := os.ReadFile("testdata/event.misp.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWrite writes the same event back.
func BenchmarkWrite(b *testing.B) {
	src, err := os.ReadFile("testdata/event.misp.json")
	if err != nil {
		b.Fatal(err)
	}
	bundle, err := Parse(src)
	if err != nil {
		b.Fatal(err)
	}
	objects := objects(bundle)
	for b.Loop() {
		Write(objects)
	}
}
