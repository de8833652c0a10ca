package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
)

// HeadFile is the name of the file of heads in the data folder.
const HeadFile = "audit-head.jsonl"

// keepPause is how long a head waits until it is written down, so that a busy hour
// leaves sixty lines.
const keepPause = time.Minute

// keptHead is a line of the file.
type keptHead struct {
	At    time.Time `json:"at"`
	Chain uuid.UUID `json:"chain"`
	Seq   uint64    `json:"seq"`
	Hash  string    `json:"hash"`
}

// keeper writes heads to a file, durable, line by line. It writes after the events are,
// so a crash in between leaves a line too few and never one too many. A line that can't
// be written is told in the server's log: it holds up no work.
type keeper struct {
	file string
	log  *slog.Logger

	mu     sync.Mutex
	head   head // newest that is durable
	kept   head // last one in the file
	timer  *time.Timer
	closed bool
}

// KeepHead writes the end of the chain down in a file, from now on. It is called once,
// before the first event; Close writes the last line.
func (l *Log) KeepHead(file string, log *slog.Logger) {
	if log == nil {
		log = slog.Default()
	}
	l.line.kept = &keeper{file: file, log: log}
}

// Close writes down the end of the chain. Nothing may be recorded afterwards.
func (l *Log) Close() error {
	if l.line.kept == nil {
		return nil
	}
	return l.line.kept.close()
}

// note takes a new head. That of a new chain is written at once: from then on it shows
// when the whole of it is removed.
func (k *keeper) note(h head) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.head = h
	switch {
	case k.kept.chain != h.chain:
		k.keep()
	case k.timer == nil && !k.closed:
		k.timer = time.AfterFunc(keepPause, k.due)
	}
}

func (k *keeper) due() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.timer = nil
	if !k.closed {
		k.keep()
	}
}

// keep writes the head, once. It holds the lock.
func (k *keeper) keep() {
	if err := k.put(); err != nil {
		k.log.Error("the end of the audit chain could not be written down", "file", k.file, "error", err.Error())
	}
}

func (k *keeper) put() error {
	if k.head == k.kept {
		return nil
	}
	body, err := json.Marshal(keptHead{At: time.Now().UTC().Truncate(time.Millisecond), Chain: k.head.chain, Seq: k.head.seq, Hash: k.head.hash})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(k.file, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	torn, err := endsTorn(f)
	if err != nil {
		return err
	}
	if torn {
		body = append([]byte("\n"), body...)
	}
	if _, err := f.Write(append(body, '\n')); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	k.kept = k.head
	return nil
}

// endsTorn tells that a power cut left a line without its end.
func endsTorn(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return last[0] != '\n', err
}

func (k *keeper) close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	if k.timer != nil {
		k.timer.Stop()
	}
	if err := k.put(); err != nil {
		return fmt.Errorf("write down the end of the audit chain: %w", err)
	}
	return nil
}

// heads are the lines of a file of heads: the furthest of each chain. A line that is no
// such line, torn by a power cut say, is counted. A file that isn't there has none.
type heads struct {
	furthest   map[uuid.UUID]keptHead
	lines      int
	unreadable int
}

// maxHeadLine bounds a line; ours have 200 bytes.
const maxHeadLine = 4096

func readHeads(file string) (heads, error) {
	all := heads{furthest: map[uuid.UUID]keptHead{}}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) || file == "" {
		return all, nil
	}
	if err != nil {
		return all, fmt.Errorf("read the file of heads: %w", err)
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, maxHeadLine)
	for {
		text, err := in.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) { // far too long: read over it
			_, err = in.ReadSlice('\n')
			text = []byte("too long")
		}
		all.add(bytes.TrimSpace(text))
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, fmt.Errorf("read the file of heads: %w", err)
		}
	}
}

func (a *heads) add(text []byte) {
	if len(text) == 0 {
		return
	}
	a.lines++
	var h keptHead
	if err := json.Unmarshal(text, &h); err != nil || h.Chain == uuid.Nil || h.Seq == 0 {
		a.unreadable++
		return
	}
	if h.Seq > a.furthest[h.Chain].Seq {
		a.furthest[h.Chain] = h
	}
}
