package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hotvet/hotvet/integration/internal/regular"
)

// Append writes one entry behind the last of the log at path, which it makes when
// there is none. When it returns without an error the entry is on disk. With an error
// the log is as it was: nothing that was not recorded may be acted on.
func Append(path string, now time.Time, data any) (Head, error) {
	h, err := appendEntry(path, now, data)
	if err != nil {
		return Head{}, fmt.Errorf("audit log %s: %w", path, err)
	}
	return h, nil
}

func appendEntry(path string, now time.Time, data any) (Head, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return Head{}, err
	}
	file, created, err := openLog(path)
	if err != nil {
		return Head{}, err
	}
	defer file.Close() // which gives the lock back
	l := &log{path: path, file: file, created: created}
	e, err := l.next()
	if err != nil {
		return Head{}, err
	}
	e.Time, e.Data = now.UTC(), raw
	text, hash, err := line(e)
	if err != nil {
		return Head{}, err
	}
	h := Head{e.Seq, hash}
	if err := l.write(text, h); err != nil {
		return Head{}, errors.Join(err, l.restore())
	}
	return h, nil
}

// log is a log that this process has locked.
type log struct {
	path    string
	file    *os.File
	created bool
	size    int64 // without a torn line
}

// next returns the entry that follows the last line. It refuses a log that was
// tampered with at its end, because a new line would hide that.
func (l *log) next() (*Entry, error) {
	last, torn, err := l.tail()
	if err != nil {
		return nil, err
	}
	e := &Entry{Seq: 1, Prev: genesis, Torn: torn}
	at := Head{0, genesis}
	if last != nil {
		before, hash, err := parseLine(last)
		if err != nil {
			return nil, fmt.Errorf("the last line: %w; hotvet audit verify tells more", err)
		}
		at = Head{before.Seq, hash}
		e.Seq, e.Prev = before.Seq+1, hash
	}
	head, err := readHead(l.path)
	switch {
	case err != nil:
		return nil, err
	case head == nil:
		e.NoHead = last != nil
	case head.Seq > at.Seq:
		return nil, fmt.Errorf("the head file names number %d, the last line is %d: lines are missing at the end", head.Seq, at.Seq)
	case head.Seq == at.Seq && *head != at, head.Seq+1 < at.Seq:
		return nil, fmt.Errorf("the last line is %.20s..., the head file names %.20s...: the log was changed", at, head)
	}
	if torn != nil {
		return e, l.file.Truncate(l.size)
	}
	return e, nil
}

// tail reads the last line, nil when there is none, and what stands behind it.
func (l *log) tail() (last []byte, torn *Torn, err error) {
	size, err := l.file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, nil, err
	}
	// Two lines at most are of interest: one that ended and one that did not.
	begin := max(0, size-2*MaxLine-2)
	data := make([]byte, size-begin)
	if _, err := l.file.ReadAt(data, begin); err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	end := bytes.LastIndexByte(data, '\n') + 1
	if rest := data[end:]; len(rest) > 0 {
		if len(rest) > MaxLine || !isTorn(rest) {
			return nil, nil, errors.New("it does not end in a line: not an audit log")
		}
		sum := sha256.Sum256(rest)
		torn = &Torn{int64(len(rest)), hex.EncodeToString(sum[:])}
	}
	l.size = begin + int64(end)
	if end == 0 {
		return nil, torn, nil
	}
	data = data[:end-1]
	start := bytes.LastIndexByte(data, '\n') + 1
	if start == 0 && begin > 0 {
		return nil, nil, fmt.Errorf("the last line is longer than %d bytes: not an audit log", MaxLine)
	}
	return data[start:], torn, nil
}

// isTorn reports whether a line without an end can be what a process that was killed
// left, or the zeros that a file system puts there when the power goes. Whatever else
// it is, is somebody's and stays.
func isTorn(rest []byte) bool {
	begin := []byte(lineBegin)
	return bytes.HasPrefix(rest, begin) || bytes.HasPrefix(begin, rest) || len(bytes.Trim(rest, "\x00")) == 0
}

// write appends a line, and has it and the head on disk.
func (l *log) write(text []byte, h Head) error {
	n, err := l.file.Write(text)
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	if err == nil {
		err = l.file.Sync()
	}
	if err == nil && l.created {
		err = syncFolder(l.path)
	}
	if err == nil {
		err = writeHead(l.path, h)
	}
	return err
}

// restore takes back what write left.
func (l *log) restore() error {
	if err := l.file.Truncate(l.size); err != nil {
		return fmt.Errorf("the line cannot be taken back: %w", err)
	}
	return l.file.Sync()
}

func headName(path string) string { return path + ".head" }

// readHead returns nil when there is no head file.
func readHead(path string) (*Head, error) {
	file, err := regular.Open(headName(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, 4096))
	if err != nil {
		return nil, err
	}
	h, err := ParseHead(string(bytes.TrimSuffix(data, []byte{'\n'})))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", headName(path), err)
	}
	return &h, nil
}

// writeHead replaces the head file as a whole. The lock of the log covers it.
func writeHead(path string, h Head) (err error) {
	temp := headName(path) + ".new"
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = file.WriteString(h.String() + "\n")
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(temp, headName(path))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	// The line is told from here on, so that this must not undo it. A head that is lost
	// with the power is one line behind, as after a kill.
	_ = syncFolder(path)
	return nil
}

func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
