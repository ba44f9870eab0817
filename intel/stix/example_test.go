package stix_test

import (
	"fmt"

	"entente/intel/stix"
)

func ExampleParse() {
	bundle, err := stix.Parse([]byte(`{
		"type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "objects": [
			{"type": "domain-name", "id": "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7", "value": "example.com"},
			{"type": "ipv4-addr", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.300"}
		]}`))
	if err != nil {
		fmt.Println(err) // the document could not be taken apart
		return
	}
	for _, a := range bundle.Accepted {
		fmt.Println("accepted", a.Pointer, a.Object.ID)
	}
	for _, r := range bundle.Rejected {
		fmt.Println("rejected", r.Pointer, r.ID)
		fmt.Println(r.Code, "at", r.Detail)
		fmt.Println(r.Next)
	}
	// Output:
	// accepted /objects/0 domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7
	// rejected /objects/1 ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4
	// stix.address at /value: must be an IPv4 address, or one in CIDR notation
	// Send the value in the form the standard gives for its type.
}
