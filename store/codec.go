package store

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"entente/internal/fault"
	"entente/internal/ident"
)

// packID turns an object id into what the database holds. "type--uuid", with the
// UUID in lower case, becomes the UUID's 16 bytes and the type; anything else
// stays as it is and ends in 0xFF, a byte that UTF-8 never has. The mapping is
// one to one, so case and spelling are kept.
func packID(id string) []byte {
	kind, hexed, ok := strings.Cut(id, "--")
	if ok && kind != "" && len(hexed) == 36 && strings.ToLower(hexed) == hexed {
		if u, err := uuid.Parse(hexed); err == nil {
			return append(u[:], kind...)
		}
	}
	return append([]byte(id), 0xff)
}

func unpackID(b []byte) string {
	if n := len(b); n > 0 && b[n-1] == 0xff {
		return string(b[:n-1])
	}
	if len(b) <= 16 {
		return "corrupt:" + hex.EncodeToString(b)
	}
	return string(b[16:]) + "--" + uuid.UUID(b[:16]).String()
}

func packIDs(ids []string) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = packID(id)
	}
	return list
}

// seal puts the digest of b before b, so that every read can check it.
// Nil stays nil: NULL in the database.
func seal(b []byte) any {
	if b == nil {
		return nil
	}
	d := ident.Sum(b)
	return append(d[:], b...)
}

// unseal checks what seal wrote; what names it in the fault.
func unseal(sealed []byte, what string, key any) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	n := len(ident.Digest{})
	if len(sealed) < n || ident.Sum(sealed[n:]) != ident.Digest(sealed[:n]) {
		return nil, corrupt(what, key)
	}
	return sealed[n:], nil
}

// sealJSON seals the JSON form of v.
func sealJSON(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return seal(b), nil
}

func unsealJSON(sealed []byte, v any, what string, key any) error {
	b, err := unseal(sealed, what, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return corrupt(what, key).Because(err)
	}
	return nil
}

// verify checks bytes against the digest kept beside them.
func verify(b []byte, d ident.Digest, what string, key any) error {
	if ident.Sum(b) != d {
		return corrupt(what, key)
	}
	return nil
}

// corrupt says which kept thing no longer is what was stored.
func corrupt(what string, key any) *fault.Error {
	return fault.New(fault.Unverified, "store.corrupt", "The stored %s %v does not match its digest.", what, key).
		Try("Do not use it. Run entente log verify, and restore it from a backup or fetch it again from its sender.")
}

// digest scans a 32-byte column.
type digest struct{ d *ident.Digest }

// Scan implements [sql.Scanner].
func (s digest) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(s.d) {
		return corrupt("digest", hex.EncodeToString(b))
	}
	copy(s.d[:], b)
	return nil
}

// instant scans microseconds; NULL is the zero time.
type instant struct{ t *time.Time }

// Scan implements [sql.Scanner].
func (s instant) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*s.t = time.Time{}
	case int64:
		*s.t = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time is %T", src)
	}
	return nil
}

// objectID scans what packID wrote.
type objectID struct{ id *string }

// Scan implements [sql.Scanner].
func (s objectID) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("an object id is %T", src)
	}
	*s.id = unpackID(b)
	return nil
}

// micros is a time as kept. The zero time is NULL where the column allows it,
// and otherwise far before everything.
func micros(t time.Time) int64 { return t.UnixMicro() }

func maybeMicros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// printable replaces what a text column of PostgreSQL cannot hold.
func printable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}
