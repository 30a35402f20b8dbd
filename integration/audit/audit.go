// Package audit keeps a log of decisions in which a change shows.
//
// The log is a file of JSON lines. Each line holds an entry and its SHA-256; each
// entry holds the hash of the entry before it and its own number. So a line that was
// changed, removed, added or moved breaks the chain where that happened.
//
// A chain alone does not show that lines are missing at its end. Beside the log, in
// FILE.head, stand the number and the hash of its last line. Who can write both files
// can still cut the log and set the head back, or make the whole chain anew: this
// shows only against a head that is kept elsewhere, which [Verify] takes. Without a head
// file nobody can tell whether lines are missing at the end.
//
// # Crashes
//
// A line is written by one write(2) under a lock, and is on disk before Append
// returns. A process that is killed leaves at most a line without its end, which
// nobody was told about: the next Append takes it away and says so in its own entry.
// The head is written last, and may be one line behind.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// MaxLine is the longest line, in bytes.
const MaxLine = 4 << 20

// genesis is the hash before the first line.
var genesis = strings.Repeat("0", 2*sha256.Size)

// An Entry is what one line says.
type Entry struct {
	Seq  uint64    `json:"seq"` // counts from 1
	Time time.Time `json:"time"`
	Prev string    `json:"prev"` // hash of the entry before, zeros in the first
	// Torn tells of a line without an end that was taken away before this one.
	Torn *Torn `json:"torn,omitempty"`
	// NoHead says that the log had lines but no head when this one was written.
	NoHead bool            `json:"no_head,omitempty"`
	Data   json.RawMessage `json:"data"`
}

// Torn describes what a process that was killed left behind.
type Torn struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// A Head names the last line of a log.
type Head struct {
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"`
}

// String returns NUMBER:HASH.
func (h Head) String() string { return fmt.Sprintf("%d:%s", h.Seq, h.Hash) }

// ParseHead reads what String returns.
func ParseHead(text string) (Head, error) {
	var h Head
	if n, err := fmt.Sscanf(text, "%d:%64s", &h.Seq, &h.Hash); err != nil || n != 2 || h.String() != text || !isHash(h.Hash) {
		return Head{}, fmt.Errorf("%q is no head: it has the form NUMBER:HASH, as hotvet audit verify prints it", text)
	}
	return h, nil
}

func isHash(text string) bool {
	data, err := hex.DecodeString(text)
	return err == nil && len(data) == sha256.Size && hex.EncodeToString(data) == text
}

// record is a line as it is stored: the hash is of the entry's bytes.
type record struct {
	Hash  string          `json:"hash"`
	Entry json.RawMessage `json:"entry"`
}

// line makes the line of an entry, with its end.
func line(e *Entry) ([]byte, string, error) {
	entry, err := json.Marshal(e)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(entry)
	hash := hex.EncodeToString(sum[:])
	data := spell(hash, entry)
	if len(data) > MaxLine {
		return nil, "", fmt.Errorf("a line of %d bytes is longer than %d", len(data), MaxLine)
	}
	return data, hash, nil
}

// lineBegin is how every line begins.
const lineBegin = `{"hash":"`

func spell(hash string, entry []byte) []byte {
	return fmt.Appendf(nil, lineBegin+"%s\",\"entry\":%s}\n", hash, entry)
}

// parseLine reads a line without its end. It must be spelled as line does: whatever
// else stands in it would not be covered by the hash.
func parseLine(data []byte) (*Entry, string, error) {
	var r record
	if err := strict(data, &r); err != nil {
		return nil, "", fmt.Errorf("not a line of an audit log: %w", err)
	}
	sum := sha256.Sum256(r.Entry)
	if hex.EncodeToString(sum[:]) != r.Hash || !bytes.Equal(append(data[:len(data):len(data)], '\n'), spell(r.Hash, r.Entry)) {
		return nil, "", errors.New("it was changed: its hash is another")
	}
	e := new(Entry)
	if err := strict(r.Entry, e); err != nil {
		return nil, "", fmt.Errorf("not an entry of an audit log: %w", err)
	}
	return e, r.Hash, nil
}

func strict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}
