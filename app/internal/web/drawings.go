package web

import (
	"context"
	"slices"
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

// drawings remembers drawn pages. One with a panel missing is shown so, until a whole one comes.
type drawings struct{ *renewals[*dashboards.Page] }

func newDrawings(clock func() time.Time, life time.Duration, w *writes) *drawings {
	d := &drawings{newRenewals[*dashboards.Page](clock, life, w)}
	d.shows, d.whole = func(page *dashboards.Page) bool { return !page.Waits }, whole
	return d
}

// of gives the page under a key.
func (d *drawings) of(ctx context.Context, key string, patience time.Duration, draw drawPage) (shown, error) {
	got, err := d.renewals.of(ctx, key, patience, draw)
	if got.Waits {
		got.Thing = &dashboards.Page{Waits: true}
	}
	return shown{Page: got.Thing, At: got.At, Old: got.Old}, err
}
