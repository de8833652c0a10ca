package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// Links keeps the links of the public page, the hashes of their tokens, and what was odd
// about responses that came by them.
//
// All hashes are held in memory until one is added: an address is opened without a
// question to the database. One that somebody made up asks a server for news, and reads
// nothing anew where there are none.
type Links struct {
	db    *clickhouse.DB
	log   *audit.Log
	table *revision.Table[PublicLink]
	clock func() time.Time

	signals *signalBook

	reading singleflight.Group
	mu      sync.Mutex
	book    *linkBook
}

// linkBook is what is held, as of some news.
type linkBook struct {
	news  string
	until time.Time // without asking for news
	links map[string]revision.Held[PublicLink]
	heads map[string]linkToken // by hash
}

type linkToken struct {
	link   string // campaign/id
	number uint32
}

// NewLinks gives the links kept in db; a nil clock is the wall clock.
func NewLinks(db *clickhouse.DB, log *audit.Log, clock func() time.Time) *Links {
	if clock == nil {
		clock = time.Now
	}
	return &Links{db: db, log: log, clock: clock, signals: newSignalBook(db), table: revision.NewTable[PublicLink](db, log, "links", "link")}
}

// askEvery is how long a link that is known is believed where another program may write.
const askEvery = 3 * time.Second

// remembered gives the links as they were a moment ago, nil where that is too long ago.
func (s *Links) remembered() *linkBook {
	now := s.clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.book != nil && now.Before(s.book.until) {
		return s.book
	}
	return nil
}

// held gives the links as they are now.
func (s *Links) held(ctx context.Context) (*linkBook, error) {
	now := s.clock()
	s.mu.Lock()
	book := s.book
	s.mu.Unlock()
	news, err := s.db.News(ctx, "links", "link_tokens")
	if err != nil {
		return nil, err
	}
	if book != nil && book.news == news {
		return book, nil
	}
	got, err, _ := s.reading.Do(news, func() (any, error) { return s.read(context.WithoutCancel(ctx), news) })
	if err != nil {
		return nil, err
	}
	book = got.(*linkBook)
	if s.db.Embedded() == nil {
		book.until = now.Add(askEvery)
	}
	s.mu.Lock()
	s.book = book
	s.mu.Unlock()
	return book, nil
}

func (s *Links) read(ctx context.Context, news string) (*linkBook, error) {
	book := &linkBook{news: news, links: map[string]revision.Held[PublicLink]{}, heads: map[string]linkToken{}}
	all, err := s.table.List(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, held := range all {
		book.links[held.Thing.Campaign+"/"+held.ID] = held
	}
	rows, err := s.db.Query(ctx, `SELECT hash, campaign, link, number FROM link_tokens`)
	if err != nil {
		return nil, fmt.Errorf("read link tokens: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var hash, campaign, link string
		var number uint32
		if err := rows.Scan(&hash, &campaign, &link, &number); err != nil {
			return nil, fmt.Errorf("read link tokens: %w", err)
		}
		book.heads[hash] = linkToken{campaign + "/" + link, number}
	}
	return book, rows.Err()
}

// Find gives the link that an address leads to, with the number of its slip. Hash is that
// of the token.
//
// One that isn't known is looked for again: the office may have made it a moment ago, by way of
// another server.
func (s *Links) Find(ctx context.Context, hash string) (PublicLink, uint32, error) {
	if book := s.remembered(); book != nil {
		if head, known := book.heads[hash]; known {
			if held, there := book.links[head.link]; there {
				return held.Thing, head.number, nil
			}
		}
	}
	book, err := s.held(ctx)
	if err != nil {
		return PublicLink{}, 0, err
	}
	head, known := book.heads[hash]
	held, there := book.links[head.link]
	if !known || !there {
		return PublicLink{}, 0, NoLink()
	}
	return held.Thing, head.number, nil
}

// NoLink is the answer to an address that leads nowhere.
func NoLink() *problem.Problem {
	p := problem.NotFound("这份问卷")
	p.Title, p.Detail = "没有找到这份问卷", "地址可能输错或没有输全，请核对通知单上的地址，或重新扫一次码。"
	return p
}

// HeldLink is a link with its revision and how many addresses it has.
type HeldLink struct {
	revision.Held[PublicLink]
	Addresses int
}

// List gives the links of a campaign, newest first.
func (s *Links) List(ctx context.Context, campaign string) ([]HeldLink, error) {
	book, err := s.held(ctx)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, head := range book.heads {
		count[head.link]++
	}
	var list []HeldLink
	for key, held := range book.links {
		if held.Thing.Campaign == campaign {
			list = append(list, HeldLink{held, count[key]})
		}
	}
	slices.SortFunc(list, func(a, b HeldLink) int { return strings.Compare(b.ID, a.ID) })
	return list, nil
}

// Link gives one link.
func (s *Links) Link(ctx context.Context, campaign string, id LinkID) (HeldLink, error) {
	all, err := s.List(ctx, campaign)
	if err != nil {
		return HeldLink{}, err
	}
	for _, one := range all {
		if one.ID == string(id) {
			return one, nil
		}
	}
	return HeldLink{}, problem.NotFound("这个链接")
}

// NewLinkID gives an id that sorts by the time at which it was made.
func NewLinkID() LinkID {
	return LinkID(strings.ReplaceAll(uuid.Must(uuid.NewV7()).String(), "-", ""))
}

// Put writes the next revision of a link; expected is 0 for a new one.
func (s *Links) Put(ctx context.Context, actor audit.Actor, l PublicLink, expected uint32) error {
	_, err := s.table.Put(ctx, actor, "link.put", l.Campaign, string(l.ID), l, expected)
	return changed(err)
}

// MostAddresses is how many addresses are made at once.
const MostAddresses = 1000

// Issue makes addresses of a link and gives their tokens, this once. The hashes are durable
// before the event is written: a crash in between leaves addresses that nobody was told.
func (s *Links) Issue(ctx context.Context, actor audit.Actor, held HeldLink, n int) ([]string, error) {
	if held.Thing.Kind == LinkOpen {
		n = 1
	}
	if n < 1 || n > MostAddresses {
		return nil, problem.Invalid("还不能出地址", "请改正后再试。", problem.Fault{Field: "count", Why: fmt.Sprintf("份数应为1到%d，更多的请分几次", MostAddresses)})
	}
	tokens, now := make([]string, n), s.clock().UTC()
	err := s.db.Insert(ctx, `INSERT INTO link_tokens (hash, campaign, link, number, recorded_at, recorded_by)`, func(b driver.Batch) error {
		for i := range tokens {
			tokens[i] = NewToken()
			if err := b.Append(HashToken(tokens[i]), held.Thing.Campaign, held.ID, uint32(held.Addresses+i+1), now, actor.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("issue addresses: %w", err)
	}
	after := fmt.Appendf(nil, `{"wave":%q,"addresses":%d}`, held.Thing.Wave, n)
	return tokens, s.log.Record(ctx, audit.Event{Actor: actor, Verb: "link.issue", Campaign: held.Thing.Campaign, Kind: "link", Thing: held.ID, After: after})
}

// LinkTally counts what came by a link.
type LinkTally struct {
	Complete, Partial, Refused, Full, Late, Odd int
}

// Tally counts the responses of a campaign by link.
func (s *Links) Tally(ctx context.Context, campaign string) (map[string]LinkTally, error) {
	tally := map[string]LinkTally{}
	rows, err := s.db.Query(ctx, `SELECT link, countIf(disposition = 'complete' AND late = 0), countIf(disposition = 'partial' AND late = 0), countIf(disposition = 'refused'),
		countIf(disposition = 'ineligible'), countIf(late = 1) FROM responses FINAL WHERE campaign = ? AND link != '' GROUP BY link`, campaign)
	if err != nil {
		return nil, fmt.Errorf("count responses by link: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var link string
		var complete, partial, refused, full, late uint64
		if err := rows.Scan(&link, &complete, &partial, &refused, &full, &late); err != nil {
			return nil, fmt.Errorf("count responses by link: %w", err)
		}
		tally[link] = LinkTally{Complete: int(complete), Partial: int(partial), Refused: int(refused), Full: int(full), Late: int(late)}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return tally, s.countSignals(ctx, campaign, tally)
}

func (s *Links) countSignals(ctx context.Context, campaign string, tally map[string]LinkTally) error {
	if err := s.signals.flush(ctx); err != nil {
		return fmt.Errorf("write signals: %w", err)
	}
	rows, err := s.db.Query(ctx, `SELECT link, uniqExact(response) FROM response_signals WHERE campaign = ? GROUP BY link`, campaign)
	if err != nil {
		return fmt.Errorf("count signals: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var link string
		var n uint64
		if err := rows.Scan(&link, &n); err != nil {
			return fmt.Errorf("count signals: %w", err)
		}
		one := tally[link]
		one.Odd = int(n)
		tally[link] = one
	}
	return rows.Err()
}

// errReceipt is the answer to a code that is none.
var errReceipt = errors.New("no receipt")

// ByReceipt finds the response that a receipt was given for, within a campaign. It tells
// when it came and how it ended; for its answers there is no way from here.
func (s *Links) ByReceipt(ctx context.Context, campaign, receipt string) (Response, error) {
	prefix, ok := ParseReceipt(receipt)
	if !ok {
		return Response{}, problem.Invalid("回执码不对", "回执码是9位字母和数字，请对照受访者的页面再输一次。").Because(errReceipt)
	}
	var r Response
	var wave, disposition string
	rows, err := s.db.Query(ctx, `SELECT id, wave, disposition, recorded_at, link FROM responses FINAL
		WHERE campaign = ? AND mode = 'link' AND startsWith(toString(id), ?) LIMIT 1`, campaign, prefix[:8]+"-"+prefix[8:])
	if err != nil {
		return r, fmt.Errorf("find a receipt: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&r.ID, &wave, &disposition, &r.RecordedAt, &r.Link); err != nil {
			return r, fmt.Errorf("find a receipt: %w", err)
		}
		r.Wave, r.Disposition = WaveID(wave), Disposition(disposition)
	}
	if err := rows.Err(); err != nil {
		return r, err
	}
	if r.ID == uuid.Nil {
		return r, problem.NotFound("这个回执码的答卷")
	}
	return r, nil
}

// Given lists the responses of a wave that came by links.
func (s *Links) Given(ctx context.Context, campaign string, wave WaveID) ([]uuid.UUID, error) {
	rows, err := s.db.Query(ctx, `SELECT DISTINCT id FROM responses WHERE campaign = ? AND wave = ? AND mode = 'link'`, campaign, string(wave))
	if err != nil {
		return nil, fmt.Errorf("list responses by links: %w", err)
	}
	defer rows.Close()
	var ids []uuid.UUID
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list responses by links: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
