package web

import (
	"context"
	"io"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/boundary"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

// outline gives the boundary that holds and what is drawn of it.
func (s *Server) outline(ctx context.Context, v *visit) (boundary.Boundary, boundary.Outline, error) {
	ctx = context.WithoutCancel(ctx) // see plan
	held, err := s.boundaries.Current(ctx, v.plan.Campaign.ID)
	if err != nil || !held.Thing.Shown() {
		return held.Thing, boundary.Outline{}, err
	}
	b := held.Thing
	outline, err := s.outlines.of(b.SHA256+" "+string(b.Datum), func() (boundary.Outline, error) {
		file, err := s.Ingest.Originals().Open(b.SHA256)
		if err != nil {
			return boundary.Outline{}, err
		}
		defer file.Close()
		body := make([]byte, min(file.Size, boundary.MaxSize+1))
		if _, err := file.ReadAt(body, 0); err != nil && err != io.EOF {
			return boundary.Outline{}, err
		}
		return boundary.Read(body, b.Datum)
	}, always)
	return b, outline, err
}

// boundaryPage is the form of the boundary.
type boundaryPage struct {
	Held     boundary.Boundary
	Revision uint32
	Outline  boundary.Outline
	Fields   url.Values
	Problem  *problem.Problem
	Limit    int // of the file, in MB
	Datums   []datumOption
}

type datumOption struct {
	Datum placement.Datum
	Name  string
}

// datumOptions are the datums of a map file in words.
var datumOptions = []datumOption{
	{placement.WGS84, "国家2000或WGS-84（标准地图、测绘成果、GPS）"},
	{placement.GCJ02, "GCJ-02（从高德、腾讯地图取的）"},
	{placement.BD09, "BD-09（从百度地图取的）"},
}

func (s *Server) boundaryForm(c *fiber.Ctx, v *visit) error {
	return s.showBoundary(c, v, url.Values{}, nil)
}

func (s *Server) showBoundary(c *fiber.Ctx, v *visit, fields url.Values, p *problem.Problem) error {
	held, err := s.boundaries.Current(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	data := boundaryPage{Held: held.Thing, Revision: held.Revision, Fields: fields, Problem: p, Limit: boundary.MaxSize >> 20, Datums: datumOptions}
	if held.Thing.Shown() {
		if _, data.Outline, err = s.outline(c.UserContext(), v); err != nil && p == nil {
			data.Problem = problem.Unavailable("现在的边界读不出来", "请重新上传边界文件。").Because(err)
		}
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "map_boundary", "地图边界", data)
}

// boundaryPut keeps the file and puts it on the map. What can't be drawn is told and changes
// nothing.
func (s *Server) boundaryPut(c *fiber.Ctx, v *visit) error {
	u, err := s.upload(c)
	if u.file.Closer != nil {
		defer u.file.Close()
	}
	if err == nil {
		err = s.takeBoundary(c, v, u)
	}
	if p, ok := problem.As(err); ok {
		return s.showBoundary(c, v, u.fields, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/map?done=outlined", fiber.StatusSeeOther)
}

func (s *Server) takeBoundary(c *fiber.Ctx, v *visit, u upload) error {
	b := boundary.Boundary{File: u.file.Name, SHA256: u.file.SHA256, Datum: placement.Datum(u.fields.Get("datum")),
		Source: strings.TrimSpace(u.fields.Get("source")), Number: strings.TrimSpace(u.fields.Get("number"))}
	if faults := b.Validate(); len(faults) > 0 {
		return problem.Invalid("边界还不能保存", "请按提示补全，再选一次文件。", faults...)
	}
	body := make([]byte, min(u.file.Size, boundary.MaxSize+1))
	if _, err := u.file.ReadAt(body, 0); err != nil && err != io.EOF {
		return err
	}
	if _, err := boundary.Read(body, b.Datum); err != nil {
		return err
	}
	_, err := s.boundaries.Put(c.UserContext(), v.actor, v.plan.Campaign.ID, b, seenRevision(u.fields))
	return err
}

// boundaryRemove takes the outline off the map.
func (s *Server) boundaryRemove(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	_, err = s.boundaries.Put(c.UserContext(), v.actor, v.plan.Campaign.ID, boundary.Boundary{}, seenRevision(fields))
	if p, ok := problem.As(err); ok {
		return s.showBoundary(c, v, url.Values{}, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/map?done=no-outline", fiber.StatusSeeOther)
}
