package backup

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
)

// asksFolder is where a command leaves what it asks a running server for.
const asksFolder = "backup-asks"

// Asks is how a command has a backup made by the server that holds the data folder: by files in
// that folder. Who may write there may read all of it anyway, so there is no door more to guard.
type Asks struct{ Data string }

// ask is one backup asked for. It is withdrawn by removing its file.
type ask struct {
	ID   string      `json:"id"`
	Out  string      `json:"out"`
	Base string      `json:"base"`
	Key  string      `json:"key"` // path of the key file
	By   audit.Actor `json:"by"`
}

// answer is how far it is.
type answer struct {
	Begun  bool             `json:"begun"`
	Done   int64            `json:"done"`
	Of     int64            `json:"of"`
	Doing  string           `json:"doing"`
	Result *Result          `json:"result,omitempty"`
	Failed *problem.Problem `json:"failed,omitempty"`
}

func (a Asks) folder() string         { return filepath.Join(a.Data, asksFolder) }
func (a Asks) file(id string) string  { return filepath.Join(a.folder(), id+".ask") }
func (a Asks) reply(id string) string { return filepath.Join(a.folder(), id+".answer") }

// open forgets what was asked of a server that is gone; who still waits is told so.
func (a Asks) open() error {
	if err := os.RemoveAll(a.folder()); err != nil {
		return err
	}
	return os.MkdirAll(a.folder(), 0o700)
}

// next gives an ask that has no answer yet.
func (a Asks) next() (ask, bool) {
	entries, _ := os.ReadDir(a.folder())
	for _, e := range entries {
		id, is := strings.CutSuffix(e.Name(), ".ask")
		if !is {
			continue
		}
		if _, err := os.Stat(a.reply(id)); err == nil {
			continue
		}
		var one ask
		if err := readJSON(a.file(id), &one); err == nil && one.ID == id {
			return one, true
		}
	}
	return ask{}, false
}

// answer makes what was asked for.
func (c *Clerk) answer(ctx context.Context, one ask) {
	err := c.telling(ctx, one, func(ctx context.Context, step Step) (Result, error) { return c.asked(ctx, one, step) })
	if err != nil {
		c.Log.Error("a backup that was asked for was not made", "file", one.Out, "error", err.Error())
	}
}

// telling does work and tells how far it is until the end; an ask that was withdrawn ends it. The
// schedule asks for its own without a file, so that others know for whom they wait.
func (c *Clerk) telling(ctx context.Context, one ask, work func(context.Context, Step) (Result, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	now := answer{Begun: true, Doing: "准备"}
	tell := func() {
		mu.Lock()
		defer mu.Unlock()
		if err := writeJSON(c.Asks.reply(one.ID), now); err != nil {
			c.Log.Error("how far a backup is can't be told", "error", err.Error())
		}
	}
	waited := func() bool {
		_, err := os.Stat(c.Asks.file(one.ID))
		return !errors.Is(err, fs.ErrNotExist)
	}
	tell()
	var telling sync.WaitGroup
	telling.Go(func() {
		tick := time.NewTicker(look)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if one.Out != "" && !waited() {
				cancel()
			}
			tell()
		}
	})
	result, err := work(ctx, func(done, of int64, doing string) {
		mu.Lock()
		defer mu.Unlock()
		now.Done, now.Of, now.Doing = done, of, doing
	})
	cancel()
	telling.Wait()
	if err != nil {
		now.Failed = problemOf(err)
	} else {
		now.Result = &result
	}
	tell()
	if !waited() { // nobody will take it away
		os.Remove(c.Asks.reply(one.ID))
	}
	return err
}

func problemOf(err error) *problem.Problem {
	if p, known := problem.As(err); known {
		told := *p
		told.Cause = nil
		return &told
	}
	return problem.Unavailable("备份没有做成", Reason(err))
}

func (c *Clerk) asked(ctx context.Context, one ask, step Step) (Result, error) {
	order := Order{Out: one.Out, Base: one.Base, By: one.By}
	if one.Key != "" {
		var err error
		if order.Key, err = ReadKey(one.Key); err != nil {
			return Result{}, err
		}
	}
	return c.Make(ctx, order, step)
}

// patience is how long a server may leave an ask without an answer while it answers nobody else; a
// program that is no server never answers.
const patience = 10 * time.Second

// Ask has a backup made by the server that holds the data folder, and waits for it. When ctx
// ends it is taken back.
func (a Asks) Ask(ctx context.Context, out, base, key string, by audit.Actor, step Step) (Result, error) {
	info, err := os.Stat(a.folder())
	if errors.Is(err, fs.ErrPermission) {
		return Result{}, cantWrite(a.file("x"), err)
	}
	if err != nil || !info.IsDir() {
		return Result{}, nobody(a.Data)
	}
	one := ask{ID: uuid.NewString(), Out: out, Base: base, Key: key, By: by}
	if err := a.put(one, info); err != nil {
		return Result{}, cantWrite(a.file(one.ID), err)
	}
	defer os.Remove(a.reply(one.ID))
	defer os.Remove(a.file(one.ID))
	tick := time.NewTicker(look)
	defer tick.Stop()
	heard := time.Now()
	for {
		select {
		case <-ctx.Done():
			return Result{}, ctx.Err()
		case <-tick.C:
		}
		var now answer
		err := readJSON(a.reply(one.ID), &now)
		if info, e := os.Stat(a.reply(one.ID)); e == nil {
			heard = latest(heard, info.ModTime())
		}
		switch {
		case now.Failed != nil:
			return Result{}, now.Failed
		case now.Result != nil:
			return *now.Result, nil
		case err == nil:
			step(now.Done, now.Of, now.Doing)
		case a.busy(one.ID):
			heard = time.Now()
			step(0, 1, "等待前一个备份")
		}
		if time.Since(heard) > patience {
			return Result{}, nobody(a.Data)
		}
	}
}

// put leaves an ask to the one whose folder it is: root may ask a server that is somebody else's.
func (a Asks) put(one ask, folder fs.FileInfo) error {
	name := a.file(one.ID)
	whole := name + ".asked"
	if err := writeJSON(whole, one); err != nil {
		return err
	}
	if owner, is := folder.Sys().(*syscall.Stat_t); is && os.Geteuid() == 0 {
		if err := os.Chown(whole, int(owner.Uid), int(owner.Gid)); err != nil {
			return errors.Join(err, os.Remove(whole))
		}
	}
	return os.Rename(whole, name)
}

// busy tells that the server is answering somebody else.
func (a Asks) busy(id string) bool {
	replies, _ := filepath.Glob(filepath.Join(a.folder(), "*.answer"))
	return slices.ContainsFunc(replies, func(name string) bool {
		info, err := os.Stat(name)
		return name != a.reply(id) && err == nil && time.Since(info.ModTime()) < patience
	})
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func nobody(data string) error {
	return problem.Unavailable("数据文件夹正被占用，占用它的程序没有应答备份的请求",
		"“"+data+"”正被另一个水宣程序使用，而它不是在运行的服务（可能是一次导入或导出），或服务刚刚停止。请等它结束，或核对 --data 是否是服务的数据文件夹，再试一次。")
}

// writeJSON puts a file to its place as a whole.
func writeJSON(name string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	temp := name + ".writing"
	if err := os.WriteFile(temp, body, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, name)
}

func readJSON(name string, v any) error {
	body, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}
