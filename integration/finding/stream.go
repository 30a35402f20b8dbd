package finding

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxLine is the longest line, in bytes, that a [Reader] accepts: a stream may
// come from elsewhere and must not take all memory.
const MaxLine = 16 << 20

// A Writer writes a stream. Each message is written at once, so that a reader
// sees it while the command still runs.
type Writer struct {
	w io.Writer
}

// NewWriter returns a writer of a stream to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes one message. It must have exactly one field set and be complete,
// or nothing is written.
func (w *Writer) Write(m *Message) error {
	if n := m.fields(); n != 1 {
		return fmt.Errorf("stream: message has %d keys, not one", n)
	}
	if err := m.validate(); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	if buf.Len() > MaxLine {
		return fmt.Errorf("stream: message of %d bytes is longer than %d", buf.Len(), MaxLine)
	}
	_, err := w.w.Write(buf.Bytes())
	return err
}

// A Reader reads a stream.
type Reader struct {
	r    *bufio.Scanner
	line int
}

// NewReader returns a reader of the stream in r.
func NewReader(r io.Reader) *Reader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), MaxLine+1)
	return &Reader{r: s}
}

// Read returns the next message, io.EOF at the end, and an error that names the
// line when the line is too long, is not one JSON object with one known key, or
// lacks what a message of its kind needs.
func (r *Reader) Read() (*Message, error) {
	if !r.r.Scan() {
		switch err := r.r.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return nil, fmt.Errorf("stream: line %d: longer than %d bytes", r.line+1, MaxLine)
		case err != nil:
			return nil, fmt.Errorf("stream: line %d: %w", r.line+1, err)
		}
		return nil, io.EOF
	}
	r.line++
	m, err := parse(r.r.Bytes())
	if err != nil {
		return nil, fmt.Errorf("stream: line %d: %w", r.line, err)
	}
	return m, nil
}

// ReadAll reads a whole stream.
func ReadAll(src io.Reader) ([]*Message, error) {
	r := NewReader(src)
	var list []*Message
	for {
		switch m, err := r.Read(); {
		case err == io.EOF:
			return list, nil
		case err != nil:
			return nil, err
		default:
			list = append(list, m)
		}
	}
}

// parse decodes one line. The key is read as a token first, because decoding
// into a struct would accept a key twice and in the wrong case.
func parse(line []byte) (*Message, error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	key, ok := t.(string)
	if !ok {
		return nil, errors.New("object has no key")
	}
	m := new(Message)
	target := m.field(key)
	if target == nil {
		return nil, fmt.Errorf("unknown key %q", key)
	}
	if err := dec.Decode(target); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	switch t, err := dec.Token(); {
	case err != nil:
		return nil, err
	case t != json.Delim('}'):
		return nil, fmt.Errorf("second key %q, want exactly one", t)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("more than one object")
	}
	if m.fields() != 1 {
		return nil, fmt.Errorf("%s is null", key)
	}
	return m, m.validate()
}

// field returns where the value of key is decoded to, nil for an unknown key.
func (m *Message) field(key string) any {
	switch key {
	case "config":
		return &m.Config
	case "progress":
		return &m.Progress
	case "finding":
		return &m.Finding
	case "evidence":
		return &m.Evidence
	case "verdict":
		return &m.Verdict
	case "decision":
		return &m.Decision
	case "summary":
		return &m.Summary
	}
	return nil
}

// fields returns how many fields of m are set.
func (m *Message) fields() int {
	n := 0
	for _, set := range []bool{m.Config != nil, m.Progress != nil, m.Finding != nil, m.Evidence != nil, m.Verdict != nil, m.Decision != nil, m.Summary != nil} {
		if set {
			n++
		}
	}
	return n
}
