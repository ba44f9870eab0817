// Package strictjson reads JSON the way evidence needs it read: one meaning per
// byte string, or a refusal.
//
// It gives no meaning to the values. Invariant: whatever it accepts, every
// conforming parser reads the same (RFC 8259 with the I-JSON limits of RFC
// 7493: no duplicate names, valid UTF-8, numbers that survive a double).
package strictjson

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// Value is one JSON value with its place in the source. A Number keeps its
// literal; a String is decoded.
type Value struct {
	Kind    Kind
	Text    string // of a String, or the literal of a Number
	Bool    bool
	Items   []Value
	Members []Member
	Start   int // byte offsets into the parsed source
	End     int
}

// Member is one name and value of an Object, in source order.
type Member struct {
	Name  string
	Value Value
}
