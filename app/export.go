package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"shuixuan/app/audit"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
	"shuixuan/dashboards/workbook"
)

type exportCommand struct {
	Kind     string `arg:"" enum:"placements,responses,audit" help:"placements, responses or audit."`
	Campaign string `required:"" help:"Id of the campaign." placeholder:"C"`
	Wave     string `help:"Id of the wave, for responses." placeholder:"W"`
	Out      string `required:"" help:"File to write; its ending says the format: xlsx, csv or json." placeholder:"FILE"`
}

// Run writes the file beside its name first, so that a name never holds half an export.
func (c *exportCommand) Run(s *session) error {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(c.Out)), ".")
	if format != "xlsx" && format != "csv" && format != "json" {
		return wrongWords("--out must end in .xlsx, .csv or .json, not %q", filepath.Base(c.Out))
	}
	if c.Kind == "responses" && c.Wave == "" {
		return wrongWords("export responses needs --wave")
	}
	return s.with(func(p *program) error {
		if err := c.record(s.ctx, p); err != nil {
			return err
		}
		temp, err := os.CreateTemp(filepath.Dir(c.Out), ".export-*")
		if err != nil {
			return openProblem(c.Out, err)
		}
		defer os.Remove(temp.Name()) // fails harmlessly once it has its name
		out := bufio.NewWriter(temp)
		rows, err := c.write(s.ctx, p, out, format)
		if err := errors.Join(err, out.Flush(), temp.Close()); err != nil {
			return err
		}
		if err := os.Rename(temp.Name(), c.Out); err != nil {
			return err
		}
		s.say("已导出%d行到“%s”。", rows, c.Out)
		return s.answer(map[string]any{"file": c.Out, "rows": rows})
	})
}

// exported are the audit events of each kind: its verb and the thing that left.
var exported = map[string]struct{ verb, kind string }{
	"placements": {"placement.export", "placement"},
	"responses":  {"response.export", "response"},
	"audit":      {"audit.export", "audit"},
}

// record keeps that the data was taken out, before it is.
func (c *exportCommand) record(ctx context.Context, p *program) error {
	after, err := json.Marshal(map[string]string{"file": filepath.Base(c.Out), "wave": c.Wave})
	if err != nil {
		return err
	}
	e := exported[c.Kind]
	return p.audit.Record(ctx, audit.Event{Actor: audit.System("export " + c.Kind), Verb: e.verb, Campaign: c.Campaign, Kind: e.kind, After: after})
}

func (c *exportCommand) write(ctx context.Context, p *program, w io.Writer, format string) (rows int, err error) {
	switch c.Kind {
	case "placements":
		return c.placements(ctx, p, w, format)
	case "responses":
		return c.responses(ctx, p, w, format)
	}
	return c.audit(ctx, p, w, format)
}

func (c *exportCommand) placements(ctx context.Context, p *program, w io.Writer, format string) (rows int, err error) {
	plan, err := p.campaigns.Plan(ctx, c.Campaign)
	if err != nil {
		return 0, err
	}
	each := func(visit func(placement.Placement) error) error {
		return p.placements.Each(ctx, placement.Filter{Campaign: c.Campaign}, func(one placement.Placement) error { rows++; return visit(one) })
	}
	switch format {
	case "xlsx":
		err = workbook.Placements(ctx, w, plan, each)
	case "csv":
		err = workbook.PlacementsCSV(ctx, w, plan, each)
	default:
		err = writeItems(w, each)
	}
	return rows, err
}

func (c *exportCommand) responses(ctx context.Context, p *program, w io.Writer, format string) (rows int, err error) {
	plan, err := p.campaigns.Plan(ctx, c.Campaign)
	if err != nil {
		return 0, err
	}
	wave, q, err := p.wave(ctx, c.Campaign, survey.WaveID(c.Wave))
	if err != nil {
		return 0, err
	}
	each := func(visit func(survey.Response) error) error {
		return p.surveys.EachResponse(ctx, c.Campaign, wave.ID, survey.Filter{}, func(one survey.Response) error { rows++; return visit(one) })
	}
	switch format {
	case "xlsx":
		err = workbook.Responses(ctx, w, plan, wave, q, each)
	case "csv":
		err = workbook.ResponsesCSV(ctx, w, plan, wave, q, each)
	default:
		err = writeItems(w, each)
	}
	return rows, err
}

func (c *exportCommand) audit(ctx context.Context, p *program, w io.Writer, format string) (rows int, err error) {
	each := func(visit func(audit.Event) error) error {
		return p.audit.Each(ctx, audit.Filter{Campaign: c.Campaign}, func(one audit.Event) error { rows++; return visit(one) })
	}
	switch format {
	case "xlsx":
		err = workbook.Audit(ctx, w, each)
	case "csv":
		err = workbook.AuditCSV(ctx, w, each)
	default:
		err = writeItems(w, each)
	}
	return rows, err
}

// writeItems streams things as one JSON document {"items":[…]}.
func writeItems[T any](w io.Writer, each func(func(T) error) error) error {
	if _, err := io.WriteString(w, `{"items":[`); err != nil {
		return err
	}
	first := true
	err := each(func(one T) error {
		if !first {
			if _, err := io.WriteString(w, ",\n"); err != nil {
				return err
			}
		}
		first = false
		body, err := json.Marshal(one)
		if err != nil {
			return err
		}
		_, err = w.Write(body)
		return err
	})
	if err != nil {
		return fmt.Errorf("write items: %w", err)
	}
	_, err = io.WriteString(w, "]}\n")
	return err
}
