package exchange

import (
	"context"
	"time"

	"entente/decision"
	"entente/intel"
	"entente/intel/search"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// Store is everything the exchange remembers. Package store implements it for
// SQLite and PostgreSQL; store/storetest holds the tests both must pass.
type Store interface {
	// Write runs f in one transaction together with the log leaves it appends.
	// It returns nil only after the commit is on disk. Concurrent calls share a
	// commit; each f succeeds or fails alone. f must touch the database only
	// through tx, may be called from another goroutine, and is not retried.
	Write(ctx context.Context, f func(tx Tx) error) error
	// Read runs f on one consistent snapshot.
	Read(ctx context.Context, f func(r Reader) error) error
}

// Reader is what can be read, inside and outside a Write. Every method that
// returns bytes of an object, envelope or event verifies their digest first and
// returns an unverified fault (code "store.corrupt") when it does not hold.
// Methods that look up one thing return a not-found fault when there is none.
type Reader interface {
	// Epoch is the legal epoch: it grows by one with every change of law,
	// party, fact or marking assignment.
	Epoch(ctx context.Context) (int64, error)
	Parties(ctx context.Context) ([]party.Party, error) // by ID
	Party(ctx context.Context, id party.ID) (party.Party, error)
	// ConfirmedIdentities returns the parties whose claimed identity counts.
	ConfirmedIdentities(ctx context.Context) ([]party.ID, error)
	// Makers returns who sent objects that name an identity as their creator, by party.
	Makers(ctx context.Context, identity string) ([]Maker, error)
	// Instruments returns every activated version by ID, oldest first: which of
	// them is in force is a question of dates, see package instrument.
	Instruments(ctx context.Context) ([]InstrumentRecord, error)
	Facts(ctx context.Context) ([]Fact, error) // recorded and not withdrawn, oldest first

	// Object returns the newest live version.
	Object(ctx context.Context, id string) (Stored, error)
	// Objects returns the newest live version of each id that exists, by id.
	Objects(ctx context.Context, ids []string) ([]Stored, error)
	// Heads returns every version of each id, oldest arrival first, without bytes.
	Heads(ctx context.Context, ids []string) (map[string][]Head, error)
	// Vouchers are the parties that sent a marking definition with these bytes, or
	// with this content, beside the one whose copy is held.
	Vouchers(ctx context.Context, definition ident.Digest) ([]party.ID, error)
	// Version returns one version, live or not.
	Version(ctx context.Context, seq int64) (Stored, error)
	// Attached returns the ids of live relationships, sightings, notes,
	// opinions and language-contents that refer to any of the ids.
	Attached(ctx context.Context, ids []string) ([]string, error)
	// ListObjects pages through live objects by Seq.
	ListObjects(ctx context.Context, f ObjectFilter) ([]Stored, error)
	CountObjects(ctx context.Context) (int64, error)
	Quarantined(ctx context.Context, after int64, limit int) ([]Quarantine, error) // by Seq

	DecisionByDigest(ctx context.Context, d ident.Digest) (DecisionRecord, error)
	// LatestDecisions returns the newest decision per recipient on an object id.
	LatestDecisions(ctx context.Context, objectID string) ([]DecisionRecord, error)
	// ListDecisions pages through all decisions, newest first; before 0 is the newest.
	ListDecisions(ctx context.Context, before int64, limit int) ([]DecisionRecord, error)
	// DecisionsBySeq returns those of the decisions that exist, in any order.
	DecisionsBySeq(ctx context.Context, seqs []int64) ([]DecisionRecord, error)
	// Questions returns the questions that were decided in a window of time, by
	// Seq, each with how often.
	Questions(ctx context.Context, f QuestionFilter) ([]QuestionRecord, error)
	LastQuestion(ctx context.Context) (int64, error) // the highest Seq, or 0
	// CountUnasked counts the decisions of a window that do not say what they
	// were about.
	CountUnasked(ctx context.Context, from, to time.Time) (int64, error)

	Release(ctx context.Context, id string) (Release, error)
	ListReleases(ctx context.Context, f ReleaseFilter) ([]Release, error) // newest first
	// ReleaseItems returns the items with their sent bytes.
	ReleaseItems(ctx context.Context, release string) ([]ReleaseItem, error)
	// Derivations returns which objects were released under ids of their own, in
	// any order. Ids that stand for themselves are not among them.
	Derivations(ctx context.Context, ids []string) ([]Derivation, error)
	// Usage returns what was taken in from a party; nothing yet is no error.
	Usage(ctx context.Context, p party.ID) (Usage, error)
	// Quota returns what was set for a party, or nil.
	Quota(ctx context.Context, p party.ID) (*Quota, error)
	DueDeliveries(ctx context.Context, now time.Time, limit int) ([]Delivery, error)
	Deliveries(ctx context.Context, release string) ([]Delivery, error) // "" = all not finished
	Recalls(ctx context.Context, release string) ([]Recall, error)      // "" = all
	Received(ctx context.Context, id string) (Received, error)
	ListReceived(ctx context.Context, limit int) ([]Received, error) // newest first
	// HeldUnder returns which of the digests a partner also sent in another
	// release than but, one that it has not recalled.
	HeldUnder(ctx context.Context, from party.ID, but string, digests []ident.Digest) ([]ident.Digest, error)
	ActReader
	FeedReader
	SearchReader
	WarninglistReader
	SourceReader
	WebhookReader
	CaseReader
	DutyReader
	OfferedReader

	// LogHead is the tree after the last commit with its signed checkpoint note.
	LogHead(ctx context.Context) (transparency.Head, []byte, error)
	// LogEntry returns one event with its salt.
	LogEntry(ctx context.Context, index int64) (transparency.Logged, error)
	// LogEntries returns events [from, to), which may be shortened to limit.
	LogEntries(ctx context.Context, from, to int64) ([]transparency.Logged, error)
	// LogTiles reads hash tiles of the log.
	LogTiles(ctx context.Context) transparency.TileReader
}

// Tx is what one act may change; all of it is kept together or not at all.
type Tx interface {
	Reader
	// Append adds a leaf and returns its index, which is final if the Write succeeds.
	Append(ctx context.Context, e transparency.Entry) (int64, error)
	BumpEpoch(ctx context.Context) (int64, error)
	PutParty(ctx context.Context, p party.Party, at time.Time) error // new or replaced
	AddInstrument(ctx context.Context, r InstrumentRecord) error     // conflict fault when the version is there already
	PutFact(ctx context.Context, f Fact) error                       // conflict fault when the id is taken
	WithdrawFact(ctx context.Context, id string, at time.Time) error // conflict fault when already withdrawn

	// AddObject stores a new version and returns its Seq. Conflict fault when
	// the same digest is there already; an erased one comes back with the bytes.
	AddObject(ctx context.Context, o Stored, refs []intel.Ref) (int64, error)
	// TakeOver makes a version that is held that of another party, which sent the
	// same bytes and whose object it is. Its state has to be set after that.
	TakeOver(ctx context.Context, seq int64, by Provenance, leaf int64) error
	// Vouch notes that a party sent a marking definition that is held already.
	Vouch(ctx context.Context, definition ident.Digest, by party.ID) error
	// SetObjectState moves one version between live, quarantined and erased;
	// erased also destroys its bytes.
	SetObjectState(ctx context.Context, seq int64, state ObjectState) error
	AddQuarantine(ctx context.Context, q Quarantine) error

	AddDecision(ctx context.Context, d DecisionRecord) error
	AddRelease(ctx context.Context, r Release, items []ReleaseItem) error
	SetReleaseState(ctx context.Context, id string, state ReleaseState, receipt []byte, at time.Time) error
	// SetReleaseEpoch notes that the release was decided again and stands.
	SetReleaseEpoch(ctx context.Context, id string, epoch int64) error
	Enqueue(ctx context.Context, d Delivery) error
	// UpdateDelivery stores state, attempts, next time and last error.
	UpdateDelivery(ctx context.Context, d Delivery) error
	// ConfirmIdentity says whether the identity on a party's card counts.
	ConfirmIdentity(ctx context.Context, p party.ID, counts bool) error
	// CountMade adds to how many objects a party sent of each identity.
	CountMade(ctx context.Context, from party.ID, objects map[string]int64) error
	// PutUsage replaces the counters of a party.
	PutUsage(ctx context.Context, u Usage) error
	// PutQuota sets the quota of a party; nil takes it away.
	PutQuota(ctx context.Context, p party.ID, q *Quota) error
	// MarkHandedOut notes that a message was given out as a file. The first time stands.
	MarkHandedOut(ctx context.Context, id string, at time.Time) error
	PutRecall(ctx context.Context, r Recall) error // new or replaced by ID
	// AddReceived remembers a message and the digests of the objects it brought.
	AddReceived(ctx context.Context, r Received, digests []ident.Digest) error
	// RecallReceived notes that its sender recalled a release.
	RecallReceived(ctx context.Context, id string, at time.Time) error
	SetReceipt(ctx context.Context, receivedID string, receipt []byte) error
	ActTx
	FeedTx
	SearchTx
	WarninglistTx
	SourceTx
	WebhookTx
	CaseTx
	DutyTx
	OfferedTx
}

// InstrumentRecord is an instrument as kept: its file, byte for byte.
type InstrumentRecord struct {
	ID        string
	Version   string
	Hash      ident.Digest // canonical hash, what parties sign
	Source    []byte       // the file as given
	Activated time.Time
	By        string // who activated it
}

// Fact is one statement of fact a decision may rely on: a consent, a finding
// ("significant"), a declaration ("emergency").
type Fact struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Value     bool      `json:"value"`
	About     string    `json:"about,omitempty"` // object id; "" = every object
	Recipient party.ID  `json:"recipient,omitempty"`
	Issuer    string    `json:"issuer"`   // who says so
	Evidence  string    `json:"evidence"` // where it can be checked
	From      time.Time `json:"from"`
	Expires   time.Time `json:"expires,omitzero"`
}

// ObjectState is what may be done with a stored version.
type ObjectState string

// The states. Objects are born live and unreleased.
const (
	Live      ObjectState = "live"
	SetAside  ObjectState = "quarantined" // kept, never decided, never sent
	Erased    ObjectState = "erased"      // bytes destroyed, commitment stays
	Overtaken ObjectState = "superseded"  // a newer version is live
	Returned  ObjectState = "returned"    // sent by another before the party whose object it is; kept as evidence
	Withdrawn ObjectState = "withdrawn"   // bytes destroyed of a version that never counted: set aside or returned
)

// Gone reports whether the bytes of a version are destroyed.
func (s ObjectState) Gone() bool { return s == Erased || s == Withdrawn }

// Stored is one object version as kept.
type Stored struct {
	Seq         int64
	ID          string
	Type        string
	SpecVersion string
	Version     string
	CreatedBy   string
	Revoked     bool
	Hash        ident.Digest
	Raw         []byte
	State       ObjectState
	Upgraded    *intel.Upgrade // the STIX 2.0 bytes it was made from
	Provenance  Provenance
	Leaf        int64         // index of its object leaf
	ReleasedTo  []party.ID    // read only: who has it by a release of ours that was not recalled
	Entry       *search.Entry // write only: what it is found by; nil leaves it waiting to be indexed
}

// Provenance is where an object came from and on what terms.
type Provenance struct {
	From     party.ID  `json:"from"` // verified signer; this node's own party for imports
	At       time.Time `json:"at"`
	Source   string    `json:"source,omitempty"`   // file name or envelope id, for people
	Release  string    `json:"release,omitempty"`  // the sender's release id
	Under    []string  `json:"under,omitempty"`    // instruments of the terms
	Terms    []Term    `json:"terms,omitempty"`    // what the recipient must and must not do
	Hops     int       `json:"hops,omitzero"`      // how often it had been passed on when it came here; 0: from whoever it is of
	Assigned string    `json:"assigned,omitempty"` // TLP label the importer assigned to an unmarked object
}

// Term is a condition that travels with an object.
type Term struct {
	decision.ClauseRef
	Duty decision.DutyRef `json:"duty"`
}

// Head is one version without its bytes.
type Head struct {
	Seq     int64
	Version string
	Hash    ident.Digest
	From    party.ID
	Type    string
	Revoked bool
	State   ObjectState
}

// ObjectFilter narrows ListObjects; zero fields do not narrow.
type ObjectFilter struct {
	Type       string
	Unreleased bool
	After      int64 // Seq, exclusive
	Limit      int   // 0 = 100
}

// Quarantine is one object that was refused or set aside, with the reason.
type Quarantine struct {
	Seq      int64        `json:"seq"`
	At       time.Time    `json:"at"`
	From     party.ID     `json:"from"`
	Source   string       `json:"source,omitempty"`
	ObjectID string       `json:"object_id,omitempty"`
	Pointer  string       `json:"pointer"` // JSON pointer into the bundle
	Code     string       `json:"code"`
	Detail   string       `json:"detail"`
	Next     string       `json:"next,omitempty"`
	Hash     ident.Digest `json:"hash"`
	Raw      []byte       `json:"-"`
}

// DecisionRecord is a decision as kept and logged.
type DecisionRecord struct {
	Seq       int64
	Digest    ident.Digest // of Body
	ObjectID  string
	Object    ident.Digest
	Recipient party.ID
	Outcome   decision.Outcome
	Body      []byte // canonical JSON of decision.Decision
	Epoch     int64
	At        time.Time
	Release   string // "" when nothing left
	Leaf      int64
	Question  []byte // JSON of its [Question]; write only
}

// ReleaseState is where a release stands.
type ReleaseState string

// The states of a release.
const (
	Queued    ReleaseState = "queued"
	Delivered ReleaseState = "delivered" // acknowledged with a receipt
	Refused   ReleaseState = "refused"   // the recipient's node said no
	Withheld  ReleaseState = "withheld"  // no longer lawful at the door
	Recalled  ReleaseState = "recalled"
)

// MayBeThere reports whether the recipient may have the objects: a message still
// in the outbox may have arrived without our knowing, and who answers with a
// refusal may have kept what it refused.
func (s ReleaseState) MayBeThere() bool { return s == Queued || s == Delivered || s == Refused }

// Release is objects in a decided form, addressed to one party.
type Release struct {
	ID        string       `json:"id"`
	Recipient party.ID     `json:"recipient"`
	Purpose   string       `json:"purpose"`
	At        time.Time    `json:"at"`
	Epoch     int64        `json:"epoch"`
	Preview   ident.Digest `json:"preview"` // the preview it was sent from
	Envelope  []byte       `json:"-"`       // signed envelope without object bytes
	State     ReleaseState `json:"state"`
	StateAt   time.Time    `json:"state_at"`
	Receipt   []byte       `json:"-"` // signed receipt of the recipient
	Leaf      int64        `json:"leaf"`
	Items     int          `json:"items"`            // read only: how many objects
	Fetched   time.Time    `json:"fetched,omitzero"` // read only: when its recipient first fetched something of it
}

// ReleaseFilter narrows ListReleases; zero fields do not narrow.
type ReleaseFilter struct {
	Object    string // original object id
	Recipient party.ID
	Before    string // release id, exclusive
	// DecidedBefore keeps releases that may be with their recipient and whose
	// Epoch is lower: those a change of law has not been held against yet.
	DecidedBefore int64
	Limit         int // 0 = 100
}

// ReleaseItem is one object of a release.
type ReleaseItem struct {
	ObjectID string       `json:"object_id"` // the original
	Original ident.Digest `json:"original"`
	SentID   string       `json:"sent_id"`
	SentHash ident.Digest `json:"sent_hash"`
	Sent     []byte       `json:"-"`        // exact bytes that leave
	Decision ident.Digest `json:"decision"` // digest of the decision record
	// Answer is what the recipient's receipt says of it (read only): stored,
	// unchanged, or quarantined with a code.
	Answer string `json:"answer,omitempty"`
}

// Delivery is one message to one party in the outbox.
type Delivery struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"` // release, recall, instrument or case
	Ref       string    `json:"ref"`  // release, recall, publication or case message id
	To        party.ID  `json:"to"`
	State     string    `json:"state"` // queued, retrying, delivered, refused, withheld
	Attempts  int       `json:"attempts"`
	NextAt    time.Time `json:"next_at"`
	LastError string    `json:"last_error,omitempty"`
	HandedOut time.Time `json:"handed_out,omitzero"` // when it was first given out as a file
}

// Recall is a request to a recipient to purge what a release brought.
type Recall struct {
	ID       string    `json:"id"`
	Release  string    `json:"release"`
	To       party.ID  `json:"to"`
	Reason   string    `json:"reason"`
	State    string    `json:"state"` // requested, acknowledged, purged, refused; overdue is derived from Due
	At       time.Time `json:"at"`
	Due      time.Time `json:"due"`
	StateAt  time.Time `json:"state_at"`
	Envelope []byte    `json:"-"`
	Receipt  []byte    `json:"-"`
	Leaf     int64     `json:"leaf"`
}

// Received is an envelope taken in from a partner.
type Received struct {
	ID       string       `json:"id"` // the sender's envelope id
	Kind     string       `json:"kind"`
	From     party.ID     `json:"from"`
	At       time.Time    `json:"at"`
	Hash     ident.Digest `json:"hash"` // of the whole body as received
	Envelope []byte       `json:"-"`
	Receipt  []byte       `json:"-"` // what we answered
	Leaf     int64        `json:"leaf"`
	Accepted int          `json:"accepted"`
	Refused  int          `json:"refused"`
}
