// Command second_opinion asks golang.org/x/mod/sumdb (note, tlog) what it thinks of a package's checkpoint and proofs.
//
// It reads one question as JSON and prints "ok", or what does not hold. No line of it knows the Python code.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type view struct {
	Record      string
	Seal        int64
	Inclusion   []string
	Consistency []string
	OldRoot     string
}

type question struct {
	Vkey       string
	Checkpoint string
	Views      []view
}

func hashes(texts []string) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(texts))
	for at, text := range texts {
		if decoded, err := hex.Decode(list[at][:], []byte(text)); err != nil || decoded != len(list[at]) {
			return nil, fmt.Errorf("not a hash: %q", text)
		}
	}
	return list, nil
}

func check(asked question) error {
	verifier, err := note.NewVerifier(asked.Vkey)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(asked.Checkpoint), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return fmt.Errorf("not a checkpoint of %s: %q", verifier.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	for _, view := range asked.Views {
		inclusion, err := hashes(view.Inclusion)
		if err != nil {
			return err
		}
		leaf := tlog.RecordHash([]byte(view.Record))
		if err := tlog.CheckRecord(tlog.RecordProof(inclusion), size, root, view.Seal, leaf); err != nil {
			return fmt.Errorf("seal %d: %w", view.Seal, err)
		}
		consistency, err := hashes(view.Consistency)
		if err != nil {
			return err
		}
		old, err := hashes([]string{view.OldRoot})
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(tlog.TreeProof(consistency), size, root, view.Seal+1, old[0]); err != nil {
			return fmt.Errorf("size %d: %w", view.Seal+1, err)
		}
	}
	return nil
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, asked := range questions {
		if err := check(asked); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("ok")
		}
	}
}
