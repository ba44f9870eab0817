package node

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
)

// addressFile is where a running node leaves the address of its API for the
// commands on the same data folder.
const addressFile = "node.json"

type address struct {
	API string `json:"api"` // e.g. http://127.0.0.1:8420
}

// RunningAPI returns the URL of the API of the node that runs on a data folder,
// or "". After a crash the file is stale: ask whether the node lives.
func RunningAPI(dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, addressFile)) //nolint:gosec // the operator names the folder
	if err != nil {
		return ""
	}
	var a address
	if err := json.Unmarshal(b, &a); err != nil {
		return ""
	}
	return a.API
}

// announce leaves the address, never half a file.
func (n *Node) announce(listening string) error {
	b, err := json.Marshal(address{API: "http://" + listening})
	if err != nil {
		return err
	}
	file := filepath.Join(n.config.Dir, addressFile)
	if err := os.WriteFile(file+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func (n *Node) conceal() error {
	err := os.Remove(filepath.Join(n.config.Dir, addressFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
