// Package strictjson reads JSON the way evidence needs it read: one meaning per
// byte string, or a refusal. It builds the trees that are written, too.
//
// It gives no meaning to the values. Invariant: whatever it accepts, every
// conforming parser reads the same (RFC 8259 with the I-JSON limits of RFC
// 7493: no duplicate names, valid UTF-8, numbers that survive a double).
package strictjson

import "strings"

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

// Get returns the value of the member with exactly that name, and nil when
// there is none or v is not an object. A nil v has no members.
func (v *Value) Get(name string) *Value {
	if v == nil {
		return nil
	}
	for i := range v.Members {
		if v.Members[i].Name == name {
			return &v.Members[i].Value
		}
	}
	return nil
}

// Clone returns a copy that shares no memory that can be written.
func (v *Value) Clone() Value {
	c := *v
	if v.Items != nil {
		c.Items = make([]Value, len(v.Items))
		for i := range v.Items {
			c.Items[i] = v.Items[i].Clone()
		}
	}
	if v.Members != nil {
		c.Members = make([]Member, len(v.Members))
		for i := range v.Members {
			c.Members[i] = Member{Name: v.Members[i].Name, Value: v.Members[i].Value.Clone()}
		}
	}
	return c
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// Pointer joins names and indexes to a JSON Pointer (RFC 6901).
func Pointer(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(escaper.Replace(p))
	}
	return b.String()
}
