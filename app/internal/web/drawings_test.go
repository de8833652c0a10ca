package web

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shuixuan/dashboards"
)

// A page that takes long to draw is shown as it was, with its instant, while it is drawn anew;
// a quick one is never old.
func TestSlowPageIsShownAsItWas(t *testing.T) {
	var w writes
	var drawn, takes atomic.Int64
	d := newDrawings(time.Now, ownLife, &w)
	d.slow = 500 * time.Millisecond
	takes.Store(int64(d.slow + 50*time.Millisecond))
	draw := func(context.Context) (*dashboards.Page, error) {
		n := drawn.Add(1)
		time.Sleep(time.Duration(takes.Load()))
		return &dashboards.Page{Title: fmt.Sprint(n), Panels: []dashboards.Panel{{Base: "n=1"}}}, nil
	}
	ask := func(key string) shown {
		t.Helper()
		got, err := d.of(t.Context(), key, 0, draw)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	look := func() shown { t.Helper(); return ask("page") }
	first := look()
	if again := look(); first.Title != "1" || again.Title != "1" || again.Old {
		t.Fatalf("%+v %+v", first, again)
	}
	w.count.Add(1)
	for range 20 { // all at once, of which at most one draws
		begun := time.Now()
		old := look()
		if old.Title != "1" || !old.Old || !old.At.Equal(first.At) || time.Since(begun) > d.slow {
			t.Fatalf("%+v after %s", old, time.Since(begun))
		}
	}
	// What is downloaded says it too, and the page that others read stays as it is.
	if old := look(); !strings.HasPrefix(old.panels()[0].Base, "n=1（") || old.Panels[0].Base != "n=1" || first.panels()[0].Base != "n=1" {
		t.Errorf("%q %q", old.panels()[0].Base, old.Panels[0].Base)
	}
	until := time.Now().Add(time.Minute)
	for look().Title == "1" && time.Now().Before(until) {
		time.Sleep(20 * time.Millisecond)
	}
	if got := look(); got.Title != "2" || got.Old || !got.At.After(first.At) || drawn.Load() != 2 {
		t.Errorf("%+v after %d drawings", got, drawn.Load())
	}

	takes.Store(0)
	before := ask("quick")
	w.count.Add(1)
	if after := ask("quick"); after.Old || after.Title == before.Title {
		t.Errorf("a quick page is old: %+v", after)
	}
}

// The first drawing is waited for as long as the page has patience, and everybody gets it; a
// page that can't be drawn is tried again, and one that panics costs one page.
func TestFirstDrawing(t *testing.T) {
	var w writes
	d := newDrawings(time.Now, ownLife, &w)
	let := make(chan struct{})
	draw := func(context.Context) (*dashboards.Page, error) {
		<-let
		return &dashboards.Page{Title: "there"}, nil
	}
	soon, err := d.of(t.Context(), "page", 20*time.Millisecond, draw)
	if err != nil || !soon.Waits {
		t.Fatalf("%+v %v", soon, err)
	}
	close(let)
	if got, err := d.of(t.Context(), "page", 0, draw); err != nil || got.Title != "there" || got.Waits {
		t.Errorf("%+v %v", got, err)
	}

	broken := errors.New("no")
	for _, want := range []error{broken, nil} {
		if _, err := d.of(t.Context(), "broken", 0, func(context.Context) (*dashboards.Page, error) { return &dashboards.Page{}, want }); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if _, err := d.of(t.Context(), "panic", 0, func(context.Context) (*dashboards.Page, error) { panic("x") }); err == nil {
		t.Error("a panic is no error")
	}
}

// A slow page of which a panel can't be had is shown without it, and one that can't be drawn says
// so to the next who asks: nobody is told for ever that it is on its way.
func TestSlowPageThatFails(t *testing.T) {
	const patience = 20 * time.Millisecond
	d := newDrawings(time.Now, ownLife, new(writes))
	d.slow = patience
	page := &dashboards.Page{Panels: []dashboards.Panel{{ID: "a", Failed: "no"}}}
	broken := errors.New("no")
	for _, one := range []struct {
		key string
		err error
	}{{"page", nil}, {"broken", broken}} {
		var got shown
		var err error
		until := time.Now().Add(time.Minute)
		for got.Page == nil || got.Waits {
			if got, err = d.of(t.Context(), one.key, patience, func(context.Context) (*dashboards.Page, error) {
				time.Sleep(3 * patience)
				return page, one.err
			}); err != nil || time.Now().After(until) {
				break
			}
		}
		if !errors.Is(err, one.err) || one.err == nil && got.Page != page {
			t.Errorf("%s: %+v %v, want %v", one.key, got, err, one.err)
		}
	}
}

// A first drawing that takes long is joined whatever is written meanwhile: with answers coming in
// all the time, to begin one for each look would be to end none.
func TestSlowDrawingIsJoined(t *testing.T) {
	var w writes
	d := newDrawings(time.Now, ownLife, &w)
	d.slow = 10 * time.Millisecond
	let := make(chan struct{})
	var drawn atomic.Int64
	look := func(patience time.Duration) shown {
		t.Helper()
		got, err := d.of(t.Context(), "page", patience, func(context.Context) (*dashboards.Page, error) {
			drawn.Add(1)
			<-let
			return &dashboards.Page{Title: "there"}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for range 5 {
		if got := look(2 * d.slow); !got.Waits {
			t.Fatalf("%+v", got)
		}
		w.count.Add(1)
	}
	time.AfterFunc(2*d.slow, func() { close(let) })
	if got := look(0); got.Title != "there" || !got.Old || drawn.Load() != 1 {
		t.Errorf("%+v after %d drawings, want one, of before the last write", got, drawn.Load())
	}
}
