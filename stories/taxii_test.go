package stories

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// taxiiCommand is `taxii METHOD PATH [BODYFILE]`: it asks the TAXII door at
// $TAXII, trusting the authority in ca.pem and showing the secret in $SECRET as
// password of $PARTY, and prints the status, when the last record was added, and
// the body.
func taxiiCommand(args []string) error {
	authority, err := os.ReadFile("ca.pem")
	if err != nil {
		return err
	}
	secret, err := os.ReadFile(os.Getenv("SECRET"))
	if err != nil {
		return err
	}
	var body []byte
	if len(args) > 2 {
		if body, err = os.ReadFile(args[2]); err != nil {
			return err
		}
	}
	req, err := http.NewRequest(args[0], "https://"+os.Getenv("TAXII")+args[1], bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(os.Getenv("PARTY"), strings.TrimSpace(string(secret)))
	req.Header.Set("Accept", "application/taxii+json;version=2.1")
	req.Header.Set("Content-Type", "application/taxii+json;version=2.1")
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	c := &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(resp.Body)
	fmt.Printf("%d %s\n%s\n", resp.StatusCode, resp.Header.Get("X-TAXII-Date-Added-Last"), answer)
	return errors.Join(err, resp.Body.Close())
}
