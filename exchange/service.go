// Package exchange moves objects: it imports them, decides per recipient,
// releases them in the decided form, delivers, receives and recalls.
//
// It contains no rule of law (package decision) and no SQL (package store).
// Invariant: object bytes leave only inside a release whose decision, item and
// log leaf were committed in one transaction before the first byte was sent.
package exchange

import (
	"crypto/ed25519"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"entente/decision"
	"entente/instrument"
	"entente/intel"
	"entente/intel/atom"
	"entente/intel/decay"
	"entente/internal/ident"
	"entente/party"
	"entente/privacy"
)

// Config is what a [Service] needs from the node it works in.
type Config struct {
	Self       party.ID
	Exercise   string // the node takes part in, as on its card; empty in earnest
	Publisher  string // STIX identity id under which derived objects are published
	Keys       SigningKey
	LogKey     string // verifier key of this node's log
	Secret     []byte // 32 bytes; pseudonyms and derived ids are keyed by it
	Store      Store
	Transport  Transport
	Collectors map[string]Collector // by the kind of source; nil collects from nowhere
	Webhooks   WebhookPoster        // nil tells nobody
	Mailer     Mailer               // nil sends no e-mail
	Now        func() time.Time
	Rand       io.Reader
	Wake       func() // called when there may be something to deliver or reconsider; may be nil
}

// SigningKey is the key a node signs its messages with.
type SigningKey struct {
	ID      string
	Private ed25519.PrivateKey
}

// Service is what the API, the peer door and the node's background work call.
type Service struct {
	self      party.ID
	exercise  string
	publisher string
	keys      SigningKey
	logKey    string
	secret    []byte
	store     Store
	transport Transport
	now       func() time.Time
	rand      io.Reader
	wake      func()
	law       atomic.Pointer[law]
	stood     atomic.Pointer[stood]
	lists     atomic.Pointer[listCache]
	settledAt atomic.Int64              // the epoch for which no release is behind
	forgot    atomic.Pointer[time.Time] // when old contributions were last forgotten
	// reconsidering is held while releases are decided again, so that who
	// withdraws a fact is told of every recall it caused, and the background
	// work does not take some of them away.
	reconsidering sync.Mutex
	analysing     sync.Mutex // one analysis at a time
	collectors    map[string]Collector
	polling       sync.Map // ids of the sources that are being polled
	webhooks      WebhookPoster
	mailer        Mailer
	telling       sync.Map // ids of the webhooks that are being called
	calendars     atomic.Pointer[readied]
	// receiving makes copies of one message wait for each other.
	receiving [stripes]sync.Mutex
}

// stripes is how many messages can be taken in side by side; those that share a
// stripe wait, which costs little since the store has one writer.
const stripes = 64

// New returns a service. The store must already know this node's own party.
func New(c Config) *Service {
	s := &Service{
		self: c.Self, exercise: c.Exercise, publisher: c.Publisher, keys: c.Keys, logKey: c.LogKey, secret: c.Secret, store: c.Store,
		transport: c.Transport, now: c.Now, rand: c.Rand, wake: c.Wake, collectors: c.Collectors, webhooks: c.Webhooks, mailer: c.Mailer,
	}
	if s.wake == nil {
		s.wake = func() {}
	}
	return s
}

// time is the moment of an act, in the precision the store keeps.
func (s *Service) time() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Self is the party this node belongs to.
func (s *Service) Self() party.ID { return s.self }

// ImportRequest brings bytes into the node.
type ImportRequest struct {
	Data     []byte
	Source   string                // file name, for people
	Assign   *intel.TLP            // label for objects that carry none; nil leaves them closed
	Progress func(done, total int) // may be nil
}

// ImportReport accounts for every object of an import.
type ImportReport struct {
	New         int          `json:"new"`
	Updated     int          `json:"updated"` // a newer version of a known object
	Unchanged   int          `json:"unchanged"`
	Quarantined int          `json:"quarantined"`
	Objects     []ImportLine `json:"objects"`
	Epoch       int64        `json:"epoch"`
}

// ImportLine is what happened to one object.
type ImportLine struct {
	Pointer  string   `json:"pointer"` // JSON pointer into the bundle, "/objects/3"
	ID       string   `json:"id,omitempty"`
	Result   string   `json:"result"` // new, updated, unchanged, quarantined
	Code     string   `json:"code,omitempty"`
	Detail   string   `json:"detail,omitempty"`
	Next     string   `json:"next,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	told     told     // what its sender is told, when that is another party
}

// PreviewRequest asks what would leave, to whom, in what form.
type PreviewRequest struct {
	Objects []string   `json:"objects"`           // ids; references are followed
	To      []party.ID `json:"to,omitempty"`      // none = every known party
	Purpose string     `json:"purpose,omitempty"` // default incident-response
	Alone   bool       `json:"alone,omitempty"`   // do not follow references
}

// Preview is the decision on every object for every candidate recipient. Send
// with its Digest delivers exactly this or fails as stale.
type Preview struct {
	Digest     ident.Digest       `json:"digest"`
	Epoch      int64              `json:"epoch"`
	Purpose    string             `json:"purpose"`
	At         time.Time          `json:"at"`
	Objects    []string           `json:"objects"` // ids, in the order of the closure
	Recipients []RecipientPreview `json:"recipients"`
	Remarks    []Remark           `json:"remarks,omitempty"` // for people; not in Digest, and nothing depends on them
}

// RecipientPreview is one column of the release desk.
type RecipientPreview struct {
	Party       party.ID          `json:"party"`
	Name        string            `json:"name"`
	Outcome     decision.Outcome  `json:"outcome"` // of the root object (the first one asked for)
	Permitted   int               `json:"permitted"`
	Transformed int               `json:"transformed"`
	Denied      int               `json:"denied"`
	Referred    int               `json:"referred"`
	Transforms  []string          `json:"transforms,omitempty"`
	Lead        []decision.Reason `json:"lead,omitempty"` // the clauses that decided, for one line on screen
	Items       []ItemPreview     `json:"items"`
}

// ItemPreview is one cell: one object for one recipient.
type ItemPreview struct {
	ObjectID string            `json:"object_id"`
	SentID   string            `json:"sent_id,omitempty"`
	SentHash ident.Digest      `json:"sent_hash,omitzero"`
	Left     string            `json:"left,omitempty"` // why it does not leave although its own decision permits (a reference of it is withheld)
	Changes  []privacy.Change  `json:"changes,omitempty"`
	Decision decision.Decision `json:"decision"`
}

// SendRequest releases a preview.
type SendRequest struct {
	PreviewRequest
	Preview ident.Digest `json:"preview,omitzero"` // zero: preview and send in one act
	DryRun  bool         `json:"dry_run,omitempty"`
}

// SendReport is one line per recipient.
type SendReport struct {
	Preview  ident.Digest    `json:"preview"`
	Releases []ReleaseReport `json:"releases"`
}

// ReleaseReport is what was sent to one recipient, or why not.
type ReleaseReport struct {
	Recipient party.ID          `json:"recipient"`
	Outcome   decision.Outcome  `json:"outcome"`
	Release   string            `json:"release,omitempty"` // "" when nothing leaves
	Items     int               `json:"items"`
	Denied    int               `json:"denied"`
	Leaf      int64             `json:"leaf,omitempty"`
	Because   []decision.Reason `json:"because,omitempty"`
}

// WhyRequest asks for one decision in full.
type WhyRequest struct {
	Object    string   `json:"object"`
	Recipient party.ID `json:"recipient"`
	Purpose   string   `json:"purpose,omitempty"`
}

// ObjectView is one object with what the node knows about it.
type ObjectView struct {
	Stored
	Markings  intel.Markings
	Findings  []privacy.Finding
	Decisions []DecisionRecord // newest per recipient
	Facts     []Fact
	Atoms     []atom.Atom
	Same      []Holder // other live objects with one of the atoms
	Remarks   []Remark // on which warninglists they are
	Reports   []Report // what was said of it, by whomever under whatever id
	// Confidence is what is left of it now; nil where age says nothing.
	Confidence *decay.Assessment
}

// RecallRequest asks recipients to purge what releases brought.
type RecallRequest struct {
	Release string `json:"release,omitempty"` // one release, or
	Object  string `json:"object,omitempty"`  // every release of an object
	Reason  string `json:"reason"`
	DryRun  bool   `json:"dry_run,omitempty"`
}

// AddPartyRequest brings in a party's card.
type AddPartyRequest struct {
	Card        []byte `json:"card"`
	Fingerprint string `json:"fingerprint"`         // digest of the card, compared out of band; required
	Identity    string `json:"identity,omitempty"`  // under which the party creates objects, as it says itself; without it the card's claim does not count
	Contested   bool   `json:"contested,omitempty"` // confirms the identity although others sent objects of it
	DryRun      bool   `json:"dry_run,omitempty"`
}

// AddInstrumentRequest activates an instrument on this node.
type AddInstrumentRequest struct {
	File   string `json:"file"`
	Source []byte `json:"source"`
	By     string `json:"by"` // named legal owner who answers for the encoding
	DryRun bool   `json:"dry_run,omitempty"`
}

// InstrumentView is an active instrument and its standing.
type InstrumentView struct {
	InstrumentRecord
	Title        string
	Regime       string
	Illustrative bool
	Clauses      int
	Doc          *instrument.Instrument
}

// Withdrawal is what withdrawing a fact set in motion.
type Withdrawal struct {
	Fact     Fact     `json:"fact"`
	Epoch    int64    `json:"epoch"`
	Redecide int      `json:"redecided"` // releases decided again
	Recalls  []Recall `json:"recalls"`   // those no longer lawful
}

// ReleaseView is a release with all that belongs to it.
type ReleaseView struct {
	Release
	ItemList   []ReleaseItem    `json:"item_list"`
	Decisions  []DecisionRecord `json:"decisions"`
	Deliveries []Delivery       `json:"deliveries"`
	Recalls    []Recall         `json:"recalls"`
}

// LogReport is the result of checking the whole log against what is stored.
type LogReport struct {
	Size       int64        `json:"size"`
	Root       ident.Digest `json:"root"`
	Checkpoint string       `json:"checkpoint"`
	FirstBad   int64        `json:"first_bad"` // -1 when all is well
	Problem    string       `json:"problem,omitempty"`
}
