package casework

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strconv"
	"strings"
	"time"

	"entente/exchange/envelope"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
)

// HeadPayloadType is the DSSE payload type of a head.
const HeadPayloadType = "application/vnd.entente.case-head+json;version=1"

// Order gives one event its place in a case. Orders are a hash chain: each names
// the one before, so that one signed [Head] vouches for all of them.
type Order struct {
	Seq   int          // from 1
	Prev  ident.Digest // of the order before; zero for the first
	Event ident.Digest // of the event's envelope
	At    time.Time    // when it was ordered: the time that deadlines count
}

const orderDomain = "entente-case-order-v1\n"

// Digest names an order of a case, and with it every order before.
func (o Order) Digest(caseID string) ident.Digest {
	b := make([]byte, 0, 320)
	b = append(b, orderDomain...)
	b = append(b, caseID...)
	b = append(b, '\n')
	return ident.Sum(o.append(b))
}

func (o Order) append(b []byte) []byte {
	b = strconv.AppendInt(b, int64(o.Seq), 10)
	b = append(b, ' ')
	b = append(b, o.Prev.String()...)
	b = append(b, ' ')
	b = append(b, o.Event.String()...)
	b = append(b, ' ')
	b = o.At.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '\n')
}

const (
	ordersHead = "entente-case-orders-v1 "
	maxOrders  = 8 << 20
)

// EncodeOrders writes orders of a case as they travel: a line that names the
// case, and one for each order.
func EncodeOrders(caseID string, orders []Order) []byte {
	b := []byte(ordersHead + caseID + "\n")
	for _, o := range orders {
		b = o.append(b)
	}
	return b
}

// ParseOrders reads what [EncodeOrders] writes and refuses any other encoding of
// the same orders. It does not look at the chain. It returns an invalid fault
// (code "case.orders").
func ParseOrders(data []byte) (caseID string, orders []Order, err error) {
	if len(data) > maxOrders {
		return "", nil, badOrders("are longer than %d MiB", maxOrders>>20)
	}
	first, rest, ok := strings.Cut(string(data), "\n")
	caseID, named := strings.CutPrefix(first, ordersHead)
	if !ok || !named || !idForm.MatchString(caseID) {
		return "", nil, badOrders("do not begin with the case they are of")
	}
	for n := 1; rest != ""; n++ {
		var line string
		if line, rest, ok = strings.Cut(rest, "\n"); !ok {
			return "", nil, badOrders("are cut short in line %d", n)
		}
		o, err := parseOrder(line)
		if err != nil {
			return "", nil, badOrders("have a line %d that is no order", n).Because(err)
		}
		orders = append(orders, o)
	}
	if !bytes.Equal(EncodeOrders(caseID, orders), data) {
		return "", nil, badOrders("are not written in the one form")
	}
	return caseID, orders, nil
}

func parseOrder(line string) (o Order, err error) {
	parts := strings.Split(line, " ")
	if len(parts) != 4 {
		return o, fmt.Errorf("has %d parts", len(parts))
	}
	if o.Seq, err = strconv.Atoi(parts[0]); err != nil {
		return o, err
	}
	if o.Prev, err = ident.ParseDigest(parts[1]); err != nil {
		return o, err
	}
	if o.Event, err = ident.ParseDigest(parts[2]); err != nil {
		return o, err
	}
	o.At, err = time.Parse(time.RFC3339Nano, parts[3])
	return o, err
}

func badOrders(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, "case.orders", "The orders of a case %s.", fmt.Sprintf(format, args...))
}

// Head is the signature of the home node under its orders up to one.
type Head struct {
	At      time.Time    `json:"at"`
	By      party.ID     `json:"by"` // the home
	Case    string       `json:"case"`
	Entente int          `json:"entente"` // 1
	Kind    string       `json:"kind"`    // CaseHead
	Order   ident.Digest `json:"order"`
	Seq     int          `json:"seq"`
}

const maxHead = 4 << 10

// Sign returns the head as it travels: a DSSE envelope.
func (h Head) Sign(keyID string, key ed25519.PrivateKey) ([]byte, error) {
	h.Entente, h.Kind, h.At = 1, "CaseHead", h.At.UTC()
	payload, err := encode(h)
	if err != nil {
		return nil, malformed().Because(err)
	}
	if _, err := parseHead(payload); err != nil {
		return nil, err
	}
	return envelope.SignStatement(HeadPayloadType, payload, keyID, key)
}

func parseHead(payload []byte) (Head, error) {
	var h Head
	if err := decode(payload, maxHead, &h); err != nil {
		return h, err
	}
	if h.Entente != 1 || h.Kind != "CaseHead" || !idForm.MatchString(h.Case) || !slugForm.MatchString(string(h.By)) ||
		!utc(h.At) || h.Order.IsZero() || h.Seq < 1 {
		return h, malformed().At("", "is not a head")
	}
	return h, nil
}

// OpenHead reads a head as it travels and verifies that it is signed by whom it
// says, with a key it had then.
func OpenHead(raw []byte, keys envelope.Keys) (Head, error) {
	st, err := envelope.OpenStatement(raw, HeadPayloadType)
	if err != nil {
		return Head{}, err
	}
	h, err := parseHead(st.Payload)
	if err != nil {
		return h, err
	}
	key, err := keyOf(keys, h.By, st.KeyID, h.At)
	if err != nil {
		return h, err
	}
	return h, st.Verify(key)
}
