// Package dossiers brings a dossier about: it asks for everything as of the cut-off, has it
// written into one file, seals that, and keeps it where it can be given out.
//
// # Why
//
// The work is started from a page, a program or the command line, takes longer than a request
// may, and must survive a restart. It joins stores, questions, drawings and the key, which know
// nothing of each other; whoever serves people imports this and not those.
//
// The same dossier gives the same bytes whenever its file is made: so work that a stop of the
// program broke off is simply begun again.
package dossiers

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"shuixuan/app/audit"
	"shuixuan/app/chromium"
	"shuixuan/app/clickhouse"
	"shuixuan/app/dossier"
	"shuixuan/app/job"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	content "shuixuan/dashboards/dossier"
	"shuixuan/dashboards/seal"
	"shuixuan/ingest"
)

// Parts are what dossiers are made with.
type Parts struct {
	DB     *clickhouse.DB
	Log    *audit.Log
	Ingest *ingest.Ingest // for the originals of photos and their small copies
	// Printer makes PDFs; where this machine has no browser, pages are put in as they are.
	Printer *chromium.Printer
	Key     func() (ed25519.PrivateKey, error)
	Folder  string // where the files are kept
	Version string // of the program
	Logger  *slog.Logger
	Clock   func() time.Time
	// Settling is how long after the cut-off the rows that were on their way then are there;
	// 0: the usual time, less: none.
	Settling time.Duration
}

// Dossiers makes and keeps dossiers, one at a time.
type Dossiers struct {
	Parts
	*dossier.Store
	board *job.Board

	lock sync.Mutex
	kept []*content.Data // collected last, the newest first: the past doesn't change
	ask  singleflight.Group
}

// mostKept is how many dossiers' data are remembered.
const mostKept = 3

// New gives the dossiers kept in the parts' database and folder.
func New(p Parts) *Dossiers {
	if p.Logger == nil {
		p.Logger = slog.Default()
	}
	if p.Clock == nil {
		p.Clock = time.Now
	}
	if p.Settling == 0 {
		p.Settling = usualSettling
	}
	return &Dossiers{Parts: p, Store: dossier.NewStore(p.DB, p.Log, p.Clock), board: job.NewBoard(1)}
}

// Going counts the dossiers that are being sealed and those that wait.
func (d *Dossiers) Going() (running, waiting int) { return d.board.Going() }

// Data gives what a dossier prints.
func (d *Dossiers) Data(ctx context.Context, one dossier.Dossier) (*content.Data, error) {
	data := d.remembered(one)
	if data == nil {
		got, err, _ := d.ask.Do(one.ID, func() (any, error) {
			begun := d.Clock()
			t, err := at(ctx, d.DB, one)
			if err != nil {
				return nil, err
			}
			data, err := t.collect(ctx, d.program(one))
			if err == nil && begun.After(one.Cutoff.Add(d.Settling)) {
				d.remember(data)
			}
			return data, err
		})
		if err != nil {
			return nil, err
		}
		data = got.(*content.Data)
	}
	own := *data
	own.Edits, own.Program = one.Edits, d.program(one)
	return &own, nil
}

func (d *Dossiers) remembered(one dossier.Dossier) *content.Data {
	d.lock.Lock()
	defer d.lock.Unlock()
	for _, data := range d.kept {
		if data.ID == one.ID {
			return data
		}
	}
	return nil
}

func (d *Dossiers) remember(data *content.Data) {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.kept = append([]*content.Data{data}, d.kept...)
	d.kept = d.kept[:min(len(d.kept), mostKept)]
}

// program is the version that a dossier bears.
func (d *Dossiers) program(one dossier.Dossier) string {
	if one.Program != "" {
		return one.Program
	}
	return d.Version
}

// Seal begins the sealing of a draft; it goes on when the caller has left.
func (d *Dossiers) Seal(ctx context.Context, actor audit.Actor, held revision.Held[dossier.Dossier], expected uint32) error {
	one, err := d.begin(ctx, actor, held, expected)
	if err != nil {
		return err
	}
	d.start(ctx, actor, one, expected+1)
	return nil
}

// begin notes that a draft is being sealed.
func (d *Dossiers) begin(ctx context.Context, actor audit.Actor, held revision.Held[dossier.Dossier], expected uint32) (dossier.Dossier, error) {
	one := held.Thing
	if one.State != dossier.Draft {
		return one, problem.Conflict("这份卷宗不能再封存", "它"+dossier.StateNames[one.State]+"。")
	}
	if _, err := d.Key(); err != nil {
		return one, err
	}
	one.State, one.Reason, one.Program = dossier.Sealing, "", d.Version
	return one, d.Move(ctx, actor, "dossier.seal", one, expected)
}

// start makes the file of a dossier whose sealing has begun; at is its revision.
func (d *Dossiers) start(ctx context.Context, actor audit.Actor, one dossier.Dossier, at uint32) {
	sealed := one
	d.board.Start(ctx, one.ID, actor.ID, 1, func(ctx context.Context, step job.Step) (err error) {
		sealed, err = d.make(ctx, one, step)
		return err
	}, func(ctx context.Context, err error, _ string) {
		switch {
		case err == nil:
		case errors.Is(err, context.Canceled):
			return // who cancelled says so; a program that stops begins again when it is back
		default:
			d.Logger.Error("a dossier was not sealed", "dossier", one.ID, "error", err.Error())
			sealed = one
			sealed.State, sealed.Reason, sealed.Program = dossier.Draft, reason(err), ""
		}
		verb := "dossier.sealed"
		if sealed.State == dossier.Draft {
			verb = "dossier.failed"
		}
		if err := d.Move(ctx, actor, verb, sealed, at); err != nil {
			d.Logger.Error("the end of a dossier's sealing can't be kept", "dossier", one.ID, "error", err.Error())
		}
	})
}

// reason says in words why nothing came of it.
func reason(err error) string {
	if p, known := problem.As(err); known {
		return strings.TrimSuffix(p.Title+"。"+p.Detail, "。") + "。"
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "服务器的磁盘满了，没有写完，已写的部分已经删去。请清出空间后再封存，内容不会变。"
	case errors.Is(err, fs.ErrPermission):
		return "服务器上的数据文件夹不能写入，请系统管理员检查权限后再封存。"
	}
	return "没有做完，原因记在服务器的日志里。请稍后再封存一次；多次如此，请告诉系统管理员。"
}

// usualSettling is longer than an insert takes on a slow disk.
const usualSettling = 3 * time.Second

// make writes the file and gives the dossier as it is sealed.
func (d *Dossiers) make(ctx context.Context, one dossier.Dossier, step job.Step) (dossier.Dossier, error) {
	step(0, 1, "等待已在路上的记录")
	select {
	case <-time.After(time.Until(one.Cutoff.Add(d.Settling))):
	case <-ctx.Done():
		return one, ctx.Err()
	}
	step(0, 1, "收集数据")
	t, err := at(ctx, d.DB, one)
	if err != nil {
		return one, err
	}
	data, err := t.collect(ctx, d.program(one))
	if err != nil {
		return one, err
	}
	if err := os.MkdirAll(d.Folder, 0o700); err != nil {
		return one, err
	}
	file, err := os.CreateTemp(d.Folder, temporary+one.ID+"-*")
	if err != nil {
		return one, err
	}
	defer os.Remove(file.Name()) // fails harmlessly once it has its name
	defer file.Close()
	one, err = d.write(ctx, file, t, data, one, step)
	if err != nil {
		return one, err
	}
	if err := errors.Join(file.Sync(), file.Close(), os.Rename(file.Name(), d.path(one.ID))); err != nil {
		return one, err
	}
	return one, syncFolder(d.Folder)
}

// write writes, seals and reads again.
func (d *Dossiers) write(ctx context.Context, file *os.File, t *then, data *content.Data, one dossier.Dossier, step job.Step) (dossier.Dossier, error) {
	key, err := d.Key()
	if err != nil {
		return one, err
	}
	head, err := t.log.Head(ctx)
	if err != nil {
		return one, err
	}
	sum, out := sha256.New(), bufio.NewWriterSize(file, 1<<20)
	z := seal.NewWriter(io.MultiWriter(out, sum), t.statement(data, head), key)
	steps := content.Steps(data) + 1
	err = content.Write(ctx, z, data, d.sources(t, data), func(done, _ int64, doing string) { step(done, steps, doing) })
	if err != nil {
		return one, err
	}
	step(steps-1, steps, "封存并核验")
	if _, err := z.Close(); err != nil {
		return one, err
	}
	if err := out.Flush(); err != nil {
		return one, err
	}
	info, err := file.Stat()
	if err != nil {
		return one, err
	}
	public := key.Public().(ed25519.PublicKey)
	found, err := seal.Verify(file, info.Size(), public)
	if err != nil {
		return one, fmt.Errorf("read the sealed file again: %w", err)
	}
	if !found.Sound {
		return one, fmt.Errorf("the sealed file doesn't verify: %s", found.Says)
	}
	one.State, one.SHA256, one.Bytes, one.Key = dossier.Sealed, hex.EncodeToString(sum.Sum(nil)), info.Size(), seal.Fingerprint(public)
	return one, nil
}

// statement is what the package says of itself.
func (t *then) statement(data *content.Data, head audit.Head) seal.Statement {
	s := seal.Statement{Run: data.ID, CutOff: data.Cutoff, Campaign: seal.Subject{ID: t.plan.Campaign.ID, Name: t.plan.Campaign.Name}, Program: data.Program,
		Settings: content.SettingsOf(data), Edited: content.Edited(data)}
	if head.Chain != uuid.Nil {
		s.Audit = seal.Head{Chain: head.Chain.String(), Hash: head.Hash, Seq: head.Seq}
	}
	if len(data.Waves) == 1 {
		s.Wave = seal.Subject{ID: string(data.Waves[0].Wave.ID), Name: data.Waves[0].Wave.Name}
	}
	return s
}

const temporary = ".unsealed-"

func (d *Dossiers) path(id string) string { return filepath.Join(d.Folder, id+".zip") }

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open gives the file of a sealed dossier.
func (d *Dossiers) Open(one dossier.Dossier) (*os.File, error) {
	if one.State != dossier.Sealed {
		return nil, problem.NotFound("这份卷宗的文件，它还没有封存")
	}
	if _, err := uuid.Parse(one.ID); err != nil {
		return nil, problem.NotFound("这份卷宗").Because(err)
	}
	f, err := os.Open(d.path(one.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem.NotFound("这份卷宗的文件").Because(err)
	}
	return f, err
}

// Prints tells whether this machine can make PDFs.
func (d *Dossiers) Prints() bool { return d.Printer != nil && chromium.Path() != "" }

// Pace tells how far the sealing of a dossier is, as it was read; false where it isn't on its way
// here. One that has ended since it was read is at its end: nobody left it behind.
func (d *Dossiers) Pace(ctx context.Context, one dossier.Dossier) (job.Pace, bool) {
	pace, going := d.board.Pace(one.ID)
	if going || one.State != dossier.Sealing {
		return pace, going
	}
	now, err := d.Dossier(ctx, one.Campaign, one.ID)
	return job.Pace{Done: 1, Of: 1}, err == nil && now.Thing.State != dossier.Sealing
}

// Cancel stops the sealing of a dossier, which becomes a draft again.
func (d *Dossiers) Cancel(ctx context.Context, actor audit.Actor, held revision.Held[dossier.Dossier]) error {
	if held.Thing.State != dossier.Sealing {
		return problem.Conflict("这份卷宗没有在封存", "不用取消。")
	}
	if _, err := d.board.Cancel(ctx, held.ID, actor.ID); err != nil {
		return err
	}
	now, err := d.Dossier(ctx, held.Thing.Campaign, held.ID)
	if err != nil {
		return err
	}
	one := now.Thing
	if one.State != dossier.Sealing { // it ended in the same moment
		return problem.Conflict("这份卷宗已经做完了", "刷新后就能看到结果。")
	}
	one.State, one.Reason, one.Program = dossier.Draft, "有人取消了封存。", ""
	return d.Move(ctx, actor, "dossier.cancel", one, now.Revision)
}

// abandoned is how long nobody has written to a half-made file that nobody makes any more.
const abandoned = time.Hour

// Resume begins again what a stop of the program broke off, and puts away what it left.
func (d *Dossiers) Resume(ctx context.Context) error {
	left, err := filepath.Glob(filepath.Join(d.Folder, temporary+"*"))
	if err != nil {
		return err
	}
	for _, name := range left {
		// In a folder that several servers share another one may be writing it.
		if info, err := os.Stat(name); err == nil && (d.DB.Embedded() != nil || time.Since(info.ModTime()) > abandoned) {
			_ = os.Remove(name)
		}
	}
	all, err := d.List(ctx, "")
	if err != nil {
		return err
	}
	for _, held := range all {
		if held.Thing.State == dossier.Sealing {
			d.start(ctx, audit.System("serve"), held.Thing, held.Revision)
		}
	}
	return nil
}

// Hold keeps dossiers from being sealed until they are released; those that are begun wait.
func (d *Dossiers) Hold() (release func()) { return d.board.Hold() }

// Close stops what is on its way; Resume goes on with it.
func (d *Dossiers) Close(ctx context.Context) error { return d.board.Close(ctx) }

// Now seals a dossier at once, for who waits for it.
func (d *Dossiers) Now(ctx context.Context, actor audit.Actor, campaign string, waves []string, step job.Step) (dossier.Dossier, error) {
	one, err := d.Begin(ctx, actor, campaign, waves...)
	if err != nil {
		return one, err
	}
	held, err := d.Dossier(ctx, campaign, one.ID)
	if err != nil {
		return one, err
	}
	if one, err = d.begin(ctx, actor, held, held.Revision); err != nil {
		return one, err
	}
	sealed, err := d.make(ctx, one, step)
	if err != nil {
		end := context.WithoutCancel(ctx)
		one.State, one.Reason, one.Program = dossier.Draft, reason(err), ""
		return one, errors.Join(err, d.Move(end, actor, "dossier.failed", one, held.Revision+1))
	}
	return sealed, d.Move(ctx, actor, "dossier.sealed", sealed, held.Revision+1)
}
