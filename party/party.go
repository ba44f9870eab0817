// Package party says who takes part: national CSIRTs, ISACs, regulators,
// companies, alliance headquarters and law-enforcement contact points.
//
// It does not decide what a party may receive (package decision) and holds no
// private key. Invariant: a party is referred to only by its [ID], which its
// keys are bound to; a name is for display and proves nothing.
package party

import "time"

// ID names a party across the whole federation, e.g. "csirt-aurelia".
type ID string

// Party is one participant as this node knows it. The JSON form is the party's
// card: the file two parties exchange out of band before their nodes talk.
type Party struct {
	ID           ID       `json:"id"`
	Name         string   `json:"name"`
	Kind         string   `json:"kind"`         // csirt, isac, regulator, company, headquarters, contact-point, authority, individual
	Jurisdiction string   `json:"jurisdiction"` // ISO 3166-1 alpha-2, or a user-assigned code in examples
	Roles        []string `json:"roles,omitempty"`
	Sectors      []string `json:"sectors,omitempty"`      // of the economy, as the law names them: energy, banking
	Endpoint     string   `json:"endpoint,omitempty"`     // https URL of its peer door
	SigningKeys  []Key    `json:"signing_keys,omitempty"` // newest last
	LogKey       string   `json:"log_key,omitempty"`      // verifier key of its transparency log, C2SP signed-note form
	TrustBundle  string   `json:"trust_bundle,omitempty"` // PEM certificates of its own authority (SPIFFE trust domain = ID)
	Contact      string   `json:"contact,omitempty"`
	Identity     string   `json:"identity,omitempty"` // STIX identity id under which it creates objects
	// Exercise names the exercise the party's node takes part in. Empty for a node
	// in earnest; the two kinds have nothing to say to each other.
	Exercise string `json:"exercise,omitempty"`
}

// Key is an Ed25519 verification key and the time in which signatures by it count.
type Key struct {
	ID        string    `json:"id"`
	PublicKey []byte    `json:"public_key"` // 32 bytes
	From      time.Time `json:"from"`
	Until     time.Time `json:"until,omitzero"` // zero: not revoked
}
