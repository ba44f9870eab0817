package instrument

import "time"

// Period is an ISO 8601 duration with calendar parts: "P1M" after 31 January
// is the last day of February.
type Period struct {
	Years, Months, Days int
	Clock               time.Duration
}

// Vector is one negotiated test case, signed together with the text.
type Vector struct {
	Name string `json:"name"`
}
