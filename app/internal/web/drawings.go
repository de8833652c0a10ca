package web

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"shuixuan/dashboards"
)

// drawPage draws a page. It outlives the request that asked for it, so it holds what it needs
// of the request and not the request.
type drawPage func(ctx context.Context) (*dashboards.Page, error)

// shown is a page as it was drawn.
type shown struct {
	*dashboards.Page
	At  time.Time // its figures are of this instant
	Old bool      // it is being drawn anew
}

// panels are those of the page, each with its instant where it is being drawn anew.
func (s shown) panels() []dashboards.Panel {
	if !s.Old {
		return s.Panels
	}
	list := slices.Clone(s.Panels)
	for i := range list {
		list[i].Base += "（" + momentText(s.At) + "的数据，正在更新）"
	}
	return list
}

// drawings remembers drawn pages until something is written. A page of millions of rows takes
// many seconds to draw, and while answers come in by the hundred it is old before it is done: who
// waited for a new one would never see any. So where drawing took longer than slow, the page of
// before is shown at once, with its instant, while it is drawn anew behind it. One with a panel
// missing is shown so too, until a whole one comes.
//
// A new drawing rests for twice the time that the last one took, so that looking at pages
// leaves the processors to those who write; and a page that nobody has looked at for long is
// waited for like a first one. Who asks for a page waits so long for it, and is then told that
// it is on its way.
type drawings struct {
	clock  func() time.Time
	life   time.Duration
	slow   time.Duration
	writes *writes

	mu   sync.Mutex
	held map[string]*drawn
}

const (
	slowDrawing   = 2 * time.Second
	restOfDrawing = 2
	oldestShown   = 10 * time.Minute
	drawingTime   = 5 * time.Minute // of one; a statement has a limit of its own
)

// drawn is what is known of one page.
type drawn struct {
	page  *dashboards.Page // nil before the first drawing has ended
	whole bool             // every panel of it could be had
	after int64            // writes before it was begun
	at    time.Time        // it was begun
	ended time.Time
	took  time.Duration
	err   error       // of the last drawing, which nobody was told: the first who asks is
	now   *beingDrawn // nil: it isn't
}

// beingDrawn is a drawing on its way.
type beingDrawn struct {
	after int64
	done  chan struct{} // closed at its end; page and err are read after that
	page  *dashboards.Page
	at    time.Time
	err   error
	left  bool // somebody's patience ended before it
}

func newDrawings(clock func() time.Time, life time.Duration, w *writes) *drawings {
	return &drawings{clock: clock, life: life, slow: slowDrawing, writes: w, held: map[string]*drawn{}}
}

// of gives the page under a key. A drawing that began before a write is for those who asked
// before it. Without a patience it is waited for to its end.
func (d *drawings) of(ctx context.Context, key string, patience time.Duration, draw drawPage) (shown, error) {
	now, after := d.clock(), d.writes.count.Load()
	d.mu.Lock()
	one := d.held[key]
	if one == nil {
		if len(d.held) >= mostPages {
			d.held = map[string]*drawn{}
		}
		one = &drawn{}
		d.held[key] = one
	}
	if err := one.err; err != nil {
		one.err = nil
		d.mu.Unlock()
		return shown{}, err
	}
	if one.whole && one.after == after && now.Before(one.ended.Add(d.life)) {
		got := shown{Page: one.page, At: one.at}
		d.mu.Unlock()
		return got, nil
	}
	if one.page != nil && one.took > d.slow && now.Before(one.ended.Add(oldestShown)) {
		got := shown{Page: one.page, At: one.at, Old: true}
		if one.now == nil && !now.Before(one.ended.Add(restOfDrawing*one.took)) {
			d.begin(ctx, one, after, draw)
		}
		d.mu.Unlock()
		return got, nil
	}
	coming := one.now
	if coming == nil || coming.after != after {
		coming = d.begin(ctx, one, after, draw)
	}
	d.mu.Unlock()
	var enough <-chan time.Time
	if patience > 0 {
		enough = time.After(patience)
	}
	select {
	case <-enough:
		d.mu.Lock()
		defer d.mu.Unlock()
		coming.left = true
		return shown{Page: &dashboards.Page{Waits: true}}, nil
	case <-coming.done:
		return shown{Page: coming.page, At: coming.at}, coming.err
	case <-ctx.Done():
		return shown{}, ctx.Err()
	}
}

// begin draws beside those who wait; its caller holds the lock.
func (d *drawings) begin(ctx context.Context, one *drawn, after int64, draw drawPage) *beingDrawn {
	coming := &beingDrawn{after: after, done: make(chan struct{}), at: d.clock()}
	one.now = coming
	// Those who wait for it must not fail because the first of them left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drawingTime)
	go func() {
		defer cancel()
		defer close(coming.done)
		begun := time.Now()
		defer func() {
			if p := recover(); p != nil { // as observe does for a request: one page, not the program
				coming.page, coming.err = nil, fmt.Errorf("draw: %v", p)
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			if one.now == coming {
				one.now = nil
			}
			if coming.err != nil {
				if coming.left {
					one.err = coming.err
				}
				return
			}
			sound := whole(coming.page)
			if !coming.page.Waits && (sound || !one.whole) && !coming.at.Before(one.at) {
				one.page, one.whole, one.after, one.at, one.ended, one.took = coming.page, sound, after, coming.at, d.clock(), time.Since(begun)
			}
		}()
		coming.page, coming.err = draw(ctx)
	}()
	return coming
}
