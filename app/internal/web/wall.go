package web

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/dashboards"
)

// How long a page of the wall stays, in seconds.
const (
	wallSeconds  = 20
	leastSeconds = 3
	mostSeconds  = 600
)

// wallSide is what the screen needs besides its pages.
type wallSide struct {
	Seconds int
	Now     time.Time // of the clock
}

// wallRoutes are the screen on a wall and its question whether anything is new.
func (s *Server) wallRoutes() []route {
	const path = "/c/:campaign/wall"
	b := s.wallBoard()
	return []route{{fiber.MethodGet, path, b.verb, s.boardPage(b)}, {fiber.MethodGet, path + newsPath, b.verb, s.boardNews(b)}}
}

func (s *Server) wallBoard() board {
	return board{verb: auth.OverviewRead, view: "wall", live: true, beside: func(c *fiber.Ctx, _ *visit) (any, error) {
		seconds := c.QueryInt("seconds", wallSeconds)
		if seconds < leastSeconds || seconds > mostSeconds {
			seconds = wallSeconds
		}
		return wallSide{Seconds: seconds, Now: s.clock()}, nil
	}, draw: func(c *fiber.Ctx, v *visit) (drawPage, error) {
		ref := reference(c)
		return func(ctx context.Context) (*dashboards.Page, error) {
			got, err := s.campaignNow(ctx, v, ref)
			if err != nil {
				return nil, err
			}
			photos, err := s.Reader.Pictures(ctx, v.plan, s.scope(v, auth.OverviewRead))
			page := dashboards.Wall(v.plan, got, noted(s, ref, photos, err))
			return &page, nil
		}, nil
	}}
}
