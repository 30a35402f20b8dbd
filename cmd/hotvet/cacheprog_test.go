package main

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// A cacheRequest and a cacheResponse are those of the protocol of GOCACHEPROG
// (cmd/go/internal/cacheprog).
type (
	cacheRequest struct {
		ID       int64
		Command  string
		ActionID []byte
		OutputID []byte
		BodySize int64
	}
	cacheResponse struct {
		ID            int64
		Err           string   `json:",omitempty"`
		KnownCommands []string `json:",omitempty"`
		Miss          bool     `json:",omitempty"`
		OutputID      []byte   `json:",omitempty"`
		Size          int64    `json:",omitempty"`
		DiskPath      string   `json:",omitempty"`
	}
)

// cacheProg is a build cache that several machines share: the folder
// CACHE_SHARED has all objects, CACHE_LOCAL is the disk of the machine, to which
// they are brought when they are asked for. What is asked and told is written to
// CACHE_LOCAL.log, a word a line.
func cacheProg() {
	local := os.Getenv("CACHE_LOCAL")
	if err := serveCache(os.Getenv("CACHE_SHARED"), local); err != nil {
		fmt.Fprintln(os.Stderr, "cacheprog:", err)
		os.Exit(1)
	}
}

func serveCache(shared, local string) error {
	for _, folder := range []string{shared, local} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(local+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer log.Close()
	in, out := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(os.Stdout)
	if err := out.Encode(cacheResponse{KnownCommands: []string{"get", "put", "close"}}); err != nil {
		return err
	}
	for {
		var q cacheRequest
		if err := in.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		answer := cacheResponse{ID: q.ID}
		word := q.Command
		switch q.Command {
		case "get":
			if err := fetch(shared, local, q, &answer); err != nil {
				answer.Miss, word = true, "miss"
			} else {
				word = "hit"
			}
		case "put":
			var body string
			if q.BodySize > 0 {
				if err := in.Decode(&body); err != nil {
					return err
				}
			}
			if err := store(shared, q, body); err != nil {
				return err
			}
			if err := fetch(shared, local, q, &answer); err != nil {
				return err
			}
		}
		fmt.Fprintln(log, word)
		if err := out.Encode(answer); err != nil || q.Command == "close" {
			return err
		}
	}
}

// store keeps an object in the shared folder: its body, and under the action the
// name of the body.
func store(shared string, q cacheRequest, body string) error {
	data, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return err
	}
	object := hex.EncodeToString(q.OutputID)
	if err := os.WriteFile(filepath.Join(shared, "o-"+object), data, 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(shared, "a-"+hex.EncodeToString(q.ActionID)), []byte(object), 0o666)
}

// fetch brings an object to the local folder.
func fetch(shared, local string, q cacheRequest, answer *cacheResponse) error {
	object, err := os.ReadFile(filepath.Join(shared, "a-"+hex.EncodeToString(q.ActionID)))
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(shared, "o-"+string(object)))
	if err != nil {
		return err
	}
	answer.OutputID, err = hex.DecodeString(string(object))
	if err != nil {
		return err
	}
	answer.Size = int64(len(data))
	answer.DiskPath = filepath.Join(local, strconv.Itoa(len(data))+"-"+string(object))
	return os.WriteFile(answer.DiskPath, data, 0o666)
}
