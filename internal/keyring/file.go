package keyring

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"entente/internal/fault"
)

const (
	fileMode = 0o600
	dirMode  = 0o700
	maxFile  = 1 << 20
)

func read(path string) (s stored, err error) {
	f, err := os.Open(path) //nolint:gosec // G304: the operator's own key file
	if errors.Is(err, fs.ErrNotExist) {
		return s, fault.New(fault.NotFound, "keyring.missing", "There are no keys in this folder.").
			Try("Run entente init, or name the folder of the node.").Because(err)
	}
	if err != nil {
		return s, fmt.Errorf("open keys: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// Asked of the open file: a path could be swapped in between.
	info, err := f.Stat()
	if err != nil {
		return s, fmt.Errorf("check keys: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return s, fault.New(fault.Invalid, "keyring.permissions", "The key file %s has mode %04o, so other users may have read the keys.", path, info.Mode().Perm()).
			Try("Make it 0600. If others use this machine, treat the keys as known and make new ones.")
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return s, fmt.Errorf("read keys: %w", err)
	}
	if err := json.Unmarshal(raw, &s, json.RejectUnknownMembers(true)); err != nil {
		return stored{}, malformed(nil) // the cause could quote a key
	}
	return s, nil
}

func encode(s stored) ([]byte, error) {
	return json.Marshal(s, json.Deterministic(true), jsontext.WithIndent("  "))
}

// writeNew writes the file if there is none. A crash in between leaves either
// nothing or the whole file.
func writeNew(path string, s stored) error {
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return fmt.Errorf("make key folder: %w", err)
	}
	temp, err := writeTemp(path, s)
	if err != nil {
		return err
	}
	// A link fails when the name is taken, where a rename would replace it.
	err = os.Link(temp, path)
	if errors.Is(err, fs.ErrExist) {
		err = fault.New(fault.Conflict, "keyring.exists", "There are keys in this folder already.").
			Try("Choose another folder. Keys are never overwritten.").Because(err)
	}
	return errors.Join(err, os.Remove(temp), syncDir(filepath.Dir(path)))
}

// replace swaps the file for a new version in one step.
func replace(path string, s stored) error {
	temp, err := writeTemp(path, s)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(fmt.Errorf("replace keys: %w", err), os.Remove(temp))
	}
	return syncDir(filepath.Dir(path))
}

func writeTemp(path string, s stored) (name string, err error) {
	raw, err := encode(s)
	if err != nil {
		return "", fmt.Errorf("encode keys: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".keyring-*") // made with mode 0600
	if err != nil {
		return "", fmt.Errorf("write keys: %w", err)
	}
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Chmod(fileMode), f.Sync(), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("write keys: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncDir makes the new name durable, not just the bytes.
func syncDir(dir string) error {
	f, err := os.Open(dir) //nolint:gosec // G304: the operator's own folder
	if err != nil {
		return fmt.Errorf("open key folder: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}
