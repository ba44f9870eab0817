package party

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"entente/internal/fault"
	"entente/internal/ident"
)

// maxCard bounds a card; a trust bundle with a dozen certificates fits.
const maxCard = 64 << 10

// ParseCard reads a party's card: strict JSON with no unknown member. It
// returns an invalid fault with code party.card whose fields name every problem
// by JSON Pointer.
func ParseCard(b []byte) (Party, error) {
	if len(b) > maxCard {
		return Party{}, fault.New(fault.Invalid, "party.card", "The card is longer than %d bytes.", maxCard)
	}
	var p Party
	if err := json.Unmarshal(b, &p, json.RejectUnknownMembers(true)); err != nil {
		return Party{}, cardFault(err)
	}
	if err := p.Check(); err != nil {
		return Party{}, err
	}
	return p, nil
}

// cardFault says where the JSON is wrong without repeating what it says.
func cardFault(err error) error {
	f := fault.New(fault.Invalid, "party.card", "The card cannot be read.").
		Try("Ask the party for its card again; it is made by entente party card.").Because(err)
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return f.At(string(syntax.JSONPointer), fmt.Sprintf("is not strict JSON at byte %d", syntax.ByteOffset))
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return f.At(string(semantic.JSONPointer), "is unknown here or of the wrong kind")
	}
	return f
}

var (
	idForm           = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$`)
	jurisdictionForm = regexp.MustCompile(`^[A-Z][A-Z0-9-]{1,11}$`)
	identityForm     = regexp.MustCompile(`^identity--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	roleForm         = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)
)

// Check returns an invalid fault with code party.card that names everything
// that is wrong with the party, and nil for a party that can be registered.
func (p Party) Check() error {
	f := fault.New(fault.Invalid, "party.card", "The card of party %.63q is not valid.", p.ID).
		Try("Ask the party to correct its card.")
	refuse := func(pointer, detail string) { f = f.At(pointer, detail) }
	if !idForm.MatchString(string(p.ID)) {
		refuse("/id", "must be 1 to 63 lower-case letters, digits, dots and hyphens")
	}
	if wrong := CheckName(p.Name); wrong != "" {
		refuse("/name", wrong)
	}
	if !slices.Contains(Kinds(), p.Kind) {
		refuse("/kind", "must be one of "+strings.Join(Kinds(), ", "))
	}
	if !jurisdictionForm.MatchString(p.Jurisdiction) {
		refuse("/jurisdiction", "must be a country code in capitals")
	}
	for at, words := range map[string][]string{"/roles/": p.Roles, "/sectors/": p.Sectors} {
		for n, w := range words {
			if !roleForm.MatchString(w) || slices.Contains(words[:n], w) {
				refuse(at+strconv.Itoa(n), "must be lower-case letters, digits, dots and hyphens, and listed once")
			}
		}
	}
	if p.Identity != "" && !identityForm.MatchString(p.Identity) {
		refuse("/identity", "must be identity-- and a UUID in lower case")
	}
	if p.Exercise != "" && !roleForm.MatchString(p.Exercise) {
		refuse("/exercise", "must be lower-case letters, digits, dots and hyphens")
	}
	if p.Endpoint != "" && !httpsURL(p.Endpoint) {
		refuse("/endpoint", "must be an https URL without user, query or fragment")
	}
	if wrong := hiddenText(p.Contact, 500); wrong != "" {
		refuse("/contact", wrong)
	}
	if p.TrustBundle != "" && !certificates([]byte(p.TrustBundle)) {
		refuse("/trust_bundle", "must be PEM certificates and nothing else")
	}
	if len(p.LogKey) > 500 || strings.IndexFunc(p.LogKey, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		refuse("/log_key", "must be one line in the form name+hash+key")
	}
	p.checkKeys(refuse)
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

func (p Party) checkKeys(refuse func(pointer, detail string)) {
	if len(p.SigningKeys) > 100 {
		refuse("/signing_keys", "has more than 100 keys")
		return
	}
	for n, k := range p.SigningKeys {
		at := "/signing_keys/" + strconv.Itoa(n)
		sameID := func(other Key) bool { return other.ID == k.ID }
		sameKey := func(other Key) bool { return bytes.Equal(other.PublicKey, k.PublicKey) }
		switch before := p.SigningKeys[:n]; {
		case !roleForm.MatchString(k.ID):
			refuse(at+"/id", "must be lower-case letters, digits, dots and hyphens")
		case len(k.PublicKey) != ed25519.PublicKeySize:
			refuse(at+"/public_key", "must be 32 bytes in base64")
		case slices.ContainsFunc(before, sameID):
			refuse(at+"/id", "is used by an earlier key")
		case slices.ContainsFunc(before, sameKey):
			refuse(at+"/public_key", "is the same as an earlier key; a revoked key does not come back under another id")
		}
		if k.From.IsZero() {
			refuse(at+"/from", "is missing")
		} else if !k.Until.IsZero() && !k.Until.After(k.From) {
			refuse(at+"/until", "must be after from")
		}
	}
}

func httpsURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= 500 && u.Scheme == "https" && u.Hostname() != "" && u.User == nil &&
		u.RawQuery == "" && u.Fragment == "" && u.Opaque == ""
}

func certificates(b []byte) bool {
	for len(bytes.TrimSpace(b)) > 0 {
		block, rest := pem.Decode(b)
		if block == nil || block.Type != "CERTIFICATE" || len(block.Headers) > 0 {
			return false
		}
		b = rest
	}
	return true
}

// Fingerprint is the digest of the party's card in canonical JSON (RFC 8785):
// what two people read to each other before their nodes talk.
func (p Party) Fingerprint() ident.Digest {
	b, err := json.Marshal(p, json.Deterministic(true))
	if err != nil {
		return ident.Digest{} // only for invalid UTF-8 or years beyond 9999, which Check refuses
	}
	v := jsontext.Value(b)
	if err := v.Canonicalize(); err != nil {
		return ident.Digest{}
	}
	return ident.Sum(v)
}

// VerifyKey returns the key with an id when signatures made by it at an instant
// count: from From on, and before Until.
func (p Party) VerifyKey(id string, at time.Time) (ed25519.PublicKey, bool) {
	for _, k := range p.SigningKeys {
		if k.ID == id && len(k.PublicKey) == ed25519.PublicKeySize &&
			!at.Before(k.From) && (k.Until.IsZero() || at.Before(k.Until)) {
			return ed25519.PublicKey(k.PublicKey), true
		}
	}
	return nil, false
}
