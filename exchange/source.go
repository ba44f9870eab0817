package exchange

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"entente/intel"
	"entente/internal/fault"
	"entente/internal/ident"
	"entente/party"
	"entente/transparency"
)

// Source is a foreign server from which this node collects objects by itself.
type Source struct {
	ID         string   `json:"id"`
	Kind       string   `json:"kind"` // of its server: taxii or misp
	Name       string   `json:"name"` // for people
	URL        string   `json:"url"`
	Collection string   `json:"collection,omitempty"` // which part of what the server offers
	From       party.ID `json:"from"`                 // whose feed it is: what comes from it counts as sent by that party
	Under      []string `json:"under,omitempty"`      // instruments it is received under
	Licence    string   `json:"licence,omitempty"`    // for people: the terms where no instrument says them
	Assign     string   `json:"assign,omitempty"`     // TLP label for objects that carry none; "" leaves them closed
	Every      int64    `json:"every_seconds"`        // from one poll to the next
	Auth       string   `json:"auth"`                 // how this node says who it is: none, basic, bearer, certificate
	CA         string   `json:"ca,omitempty"`         // PEM: the only authorities trusted to vouch for the server; "" are those of the system

	Added  time.Time   `json:"added"`
	Paused bool        `json:"paused"`
	State  SourceState `json:"state"`
}

// SourceState is how far a source was collected and how it went.
type SourceState struct {
	Cursor      string    `json:"cursor,omitempty"` // opaque: where its collector goes on
	Polled      time.Time `json:"polled,omitzero"`
	Succeeded   time.Time `json:"succeeded,omitzero"`
	Due         time.Time `json:"due,omitzero"`    // zero: at once
	Failures    int       `json:"failures"`        // since the last success
	Code        string    `json:"code,omitempty"`  // of the last failure, until it goes well again
	Fault       string    `json:"fault,omitempty"` // the same for people
	New         int64     `json:"new"`
	Updated     int64     `json:"updated"`
	Unchanged   int64     `json:"unchanged"`
	Quarantined int64     `json:"quarantined"`
}

// Failing reports whether the last poll failed.
func (s Source) Failing() bool { return s.State.Failures > 0 }

// The ways in which this node says who it is.
const (
	AuthNone        = "none"
	AuthBasic       = "basic"
	AuthBearer      = "bearer"
	AuthCertificate = "certificate" // the one it uses between nodes
)

// SourceSecret is what a source's server wants to see. It is kept encrypted,
// never shown, and gone with its source.
type SourceSecret struct {
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
	Token    string `json:"token,omitempty"`
}

// String and GoString keep a secret out of whatever prints one by mistake.
func (SourceSecret) String() string { return "(secret)" }

// GoString does what String does.
func (SourceSecret) GoString() string { return "(secret)" }

// SourceRequest describes a source.
type SourceRequest struct {
	Kind       string       `json:"kind,omitempty"` // default taxii
	Name       string       `json:"name,omitempty"` // default the host of the URL
	URL        string       `json:"url"`
	Collection string       `json:"collection,omitempty"`
	From       party.ID     `json:"from"`
	Under      []string     `json:"under,omitempty"`
	Licence    string       `json:"licence,omitempty"`
	Assign     string       `json:"assign,omitempty"`
	Every      int64        `json:"every_seconds,omitempty"` // default an hour
	Auth       string       `json:"auth,omitempty"`          // default none
	CA         string       `json:"ca,omitempty"`
	Secret     SourceSecret `json:"secret,omitzero"`
}

// Collector speaks the protocol of one kind of source.
type Collector interface {
	// Check returns an invalid fault "source.invalid" for a source that can never
	// be collected.
	Check(src Source) error
	// Collect fetches the page at a cursor that an earlier page gave, or the
	// first page for "". With an error, of the page only Wait counts.
	Collect(ctx context.Context, src Source, secret SourceSecret, cursor string) (SourcePage, error)
	// Offers lists the parts of what the server has, of which a source names one.
	Offers(ctx context.Context, src Source, secret SourceSecret) ([]SourceOffer, error)
}

// SourcePage is a part of what a source has.
type SourcePage struct {
	Documents [][]byte      // each in a format this node reads; one that it cannot read costs itself only
	Cursor    string        // where the next page begins
	More      bool          // there is one now
	Wait      time.Duration // the server asks not to be asked again before that
}

// SourceOffer is one part of what a server has.
type SourceOffer struct {
	Collection  string `json:"collection"`
	Alias       string `json:"alias,omitempty"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Root        string `json:"root"`
	Readable    bool   `json:"readable"`
}

// SourceReader is what can be read of the sources.
type SourceReader interface {
	Sources(ctx context.Context) ([]Source, error) // oldest first
	// Source returns a not-found fault "source.unknown" when there is none.
	Source(ctx context.Context, id string) (Source, error)
	// SourceSecret returns the sealed secret of a source, nil when it has none.
	SourceSecret(ctx context.Context, id string) ([]byte, error)
}

// SourceTx is what an act may change of the sources.
type SourceTx interface {
	// AddSource returns a conflict fault when the id is taken.
	AddSource(ctx context.Context, src Source, secret []byte) error
	// PutSource replaces a source but not its secret. Not-found fault
	// "source.unknown" when there is none.
	PutSource(ctx context.Context, src Source) error
	// RemoveSource destroys a source with its secret. Not-found fault
	// "source.unknown" when there is none.
	RemoveSource(ctx context.Context, id string) error
}

const (
	defaultEvery = int64(time.Hour / time.Second)
	minEvery     = int64(time.Minute / time.Second)
	maxEvery     = int64(30 * 24 * time.Hour / time.Second)
	maxSourceURL = 2000
	maxLicence   = 500
	maxSecret    = 8 << 10
	maxCA        = 256 << 10
)

// AddSource begins to collect from a foreign server. It returns an invalid fault
// "source.invalid" with all that is wrong, and a conflict fault "source.exists"
// when the same part of the same server is collected already.
func (s *Service) AddSource(ctx context.Context, in SourceRequest) (Source, error) {
	src, err := s.sourceOf(ctx, in, true)
	if err != nil {
		return Source{}, err
	}
	sealed, err := s.sealSecret(src, in.Secret)
	if err != nil {
		return Source{}, err
	}
	err = s.store.Write(ctx, func(tx Tx) error {
		all, err := tx.Sources(ctx)
		if err != nil {
			return err
		}
		for _, o := range all {
			if o.Kind == src.Kind && o.URL == src.URL && o.Collection == src.Collection {
				return fault.New(fault.Conflict, "source.exists", "The source %s collects this already.", o.ID).
					Try("Remove it first, or name another collection.")
			}
		}
		if err := s.noteSource(ctx, tx, "source", src); err != nil {
			return err
		}
		return tx.AddSource(ctx, src, sealed)
	})
	s.wake()
	return src, err
}

// noteSource commits to what is collected from where under which terms, from
// when to when. It moves no epoch: a source changes what nobody may have.
func (s *Service) noteSource(ctx context.Context, tx Tx, change string, src Source) error {
	epoch, err := tx.Epoch(ctx)
	if err != nil {
		return err
	}
	src.State, src.CA = SourceState{}, ""
	terms, err := canonical(src)
	if err != nil {
		return err
	}
	_, err = s.append(ctx, tx, transparency.EventLaw, lawEvent{
		Epoch: epoch, Change: change, ID: src.ID, Hash: ident.Sum(terms), By: string(src.From), At: s.time(),
	})
	return err
}

// sourceOf completes and checks a request, wholly or, for a look at the server,
// all but whose the source is.
func (s *Service) sourceOf(ctx context.Context, in SourceRequest, wholly bool) (Source, error) {
	src := Source{
		ID: ident.New(), Kind: in.Kind, Name: in.Name, URL: in.URL, Collection: in.Collection, From: in.From,
		Under: slices.Compact(slices.Sorted(slices.Values(in.Under))), Licence: in.Licence, Assign: in.Assign,
		Every: in.Every, Auth: in.Auth, CA: in.CA, Added: s.time(),
	}
	src = completed(src)
	bad := fault.New(fault.Invalid, "source.invalid", "The source cannot be added as it is.")
	collector, ok := s.collectors[src.Kind]
	if !ok {
		return src, bad.At("/kind", "is none that this node can collect from")
	}
	checkSource(src, bad)
	in.Secret.check(src.Auth, bad)
	if wholly {
		if err := s.checkTerms(ctx, src, bad); err != nil {
			return src, err
		}
	}
	if len(bad.Fields) > 0 {
		return src, bad.Try("entente source add --help says what a source needs.")
	}
	return src, collector.Check(src)
}

// completed is a source with what it does not say.
func completed(src Source) Source {
	src.Kind = cmp.Or(src.Kind, "taxii")
	src.Every = cmp.Or(src.Every, defaultEvery)
	src.Auth = cmp.Or(src.Auth, AuthNone)
	if u, err := url.Parse(src.URL); src.Name == "" && err == nil {
		src.Name = u.Hostname()
	}
	return src
}

// checkSource adds to bad what is wrong with a source by itself.
func checkSource(src Source, bad *fault.Error) {
	if wrong := party.CheckName(src.Name); wrong != "" {
		_ = bad.At("/name", wrong)
	}
	u, err := url.Parse(src.URL)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || len(src.URL) > maxSourceURL:
		_ = bad.At("/url", "is not the https address of a server")
	case u.User != nil:
		_ = bad.At("/url", "holds a user or a password, which would be shown and logged")
	}
	if src.Every < minEvery || src.Every > maxEvery {
		_ = bad.At("/every_seconds", "is not between a minute and 30 days")
	}
	if _, ok := intel.ParseTLP(src.Assign); src.Assign != "" && !ok {
		_ = bad.At("/assign", "is none of clear, green, amber, amber+strict, red")
	}
	if !plainText(src.Licence, maxLicence) {
		_ = bad.At("/licence", "is not a line of plain text")
	}
	if !plainText(src.Collection, maxLicence) {
		_ = bad.At("/collection", "is not a line of plain text")
	}
	if len(src.CA) > maxCA {
		_ = bad.At("/ca", "is longer than any list of authorities")
	}
}

// plainText reports whether s is a line that can be shown to people.
func plainText(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// check holds a secret against the way it is used. No message quotes it.
func (s SourceSecret) check(auth string, bad *fault.Error) {
	needs := map[string][3]bool{AuthNone: {}, AuthCertificate: {}, AuthBasic: {true, true, false}, AuthBearer: {false, false, true}}
	need, known := needs[auth]
	if !known {
		_ = bad.At("/auth", "is none of none, basic, bearer, certificate")
		return
	}
	for i, f := range []struct{ at, value string }{{"/secret/user", s.User}, {"/secret/password", s.Password}, {"/secret/token", s.Token}} {
		switch {
		case need[i] && f.value == "":
			_ = bad.At(f.at, "is missing for "+auth)
		case !need[i] && f.value != "":
			_ = bad.At(f.at, "is not used with "+auth)
		case !plainText(f.value, maxSecret):
			_ = bad.At(f.at, "has characters that no header can carry")
		}
	}
	if strings.Contains(s.User, ":") {
		_ = bad.At("/secret/user", "has a colon, which Basic cannot carry")
	}
}

// checkTerms holds whose the source is and under what against the law. What this
// node's own people imported counts for everybody's objects (their definitions of
// markings do), so nothing that a server sends may pass for theirs.
func (s *Service) checkTerms(ctx context.Context, src Source, bad *fault.Error) error {
	return s.store.Read(ctx, func(r Reader) error {
		l, err := s.lawAt(ctx, r)
		if err != nil {
			return err
		}
		if _, known := l.parties[src.From]; !known || src.From == s.self {
			_ = bad.At("/from", "is no other party this node knows; name the party whose feed it is")
		}
		for _, id := range src.Under {
			if !slices.ContainsFunc(l.instruments, func(v InstrumentView) bool { return v.ID == id }) {
				_ = bad.At("/under", "names "+id+", which is no active instrument")
			}
		}
		return nil
	})
}

// Sources lists the sources, oldest first.
func (s *Service) Sources(ctx context.Context) ([]Source, error) {
	return read(ctx, s, func(r Reader) ([]Source, error) { return r.Sources(ctx) })
}

// Source returns one source or a not-found fault.
func (s *Service) Source(ctx context.Context, id string) (Source, error) {
	return read(ctx, s, func(r Reader) (Source, error) { return r.Source(ctx, id) })
}

// PauseSource stops or resumes the polling of a source. Resuming makes it due at
// once. It returns a not-found fault when there is none.
func (s *Service) PauseSource(ctx context.Context, id string, paused bool) (Source, error) {
	src, err := s.changeSource(ctx, id, func(src *Source) {
		if src.Paused && !paused {
			src.State.Due = time.Time{}
		}
		src.Paused = paused
	})
	s.wake()
	return src, err
}

// RemoveSource forgets a source and destroys its credential. What it brought
// stays. It returns a not-found fault when there is none.
func (s *Service) RemoveSource(ctx context.Context, id string) error {
	return s.store.Write(ctx, func(tx Tx) error {
		src, err := tx.Source(ctx, id)
		if err != nil {
			return err
		}
		if err := s.noteSource(ctx, tx, "source-removed", src); err != nil {
			return err
		}
		return tx.RemoveSource(ctx, id)
	})
}

// changeSource changes what is kept of a source at this moment, so that whoever
// pauses it and whoever polls it do not undo each other's work.
func (s *Service) changeSource(ctx context.Context, id string, f func(*Source)) (src Source, err error) {
	err = s.store.Write(ctx, func(tx Tx) error {
		var err error
		if src, err = tx.Source(ctx, id); err != nil {
			return err
		}
		f(&src)
		return tx.PutSource(ctx, src)
	})
	return src, err
}

// SourceOffers lists what a server has for whoever shows the request's secret.
// Nothing is kept.
func (s *Service) SourceOffers(ctx context.Context, in SourceRequest) ([]SourceOffer, error) {
	src, err := s.sourceOf(ctx, in, false)
	if err != nil {
		return nil, err
	}
	return s.collectors[src.Kind].Offers(ctx, src, in.Secret)
}
