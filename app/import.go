package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest"
)

// fileLimit is the largest file that an import takes, in bytes.
const fileLimit = 256 << 20

type importCommand struct {
	Kind     string `arg:"" enum:"plan,units,placements,responses,questionnaire" help:"plan, units, placements, responses or questionnaire."`
	File     string `arg:"" help:"The file: YAML for a plan, YAML or XLSForm (xlsx) for a questionnaire, YAML or CSV for units, xlsx or CSV for rows."`
	Campaign string `required:"" help:"Id of the campaign." placeholder:"C"`
	Wave     string `help:"Id of the wave: of responses, or to make one for a questionnaire." placeholder:"W"`
	DryRun   bool   `help:"Check everything and write nothing."`
	Sheet    string `help:"Name of the sheet, when it isn't the first with a heading." placeholder:"NAME"`
}

// Run imports one file.
func (c *importCommand) Run(s *session) error {
	if c.Kind == "responses" && c.Wave == "" {
		return wrongWords("import responses needs --wave")
	}
	return s.with(func(p *program) error {
		receipt, err := c.take(s, p)
		if err != nil {
			return err
		}
		printReceipt(s, receipt)
		if receipt.Long() && s.cli.JSON {
			out := bufio.NewWriterSize(s.stdout, 64<<10)
			if err := receipt.WriteJSON(s.ctx, out); err != nil {
				return err
			}
			return out.Flush()
		}
		return s.answer(receipt)
	})
}

func (c *importCommand) take(s *session, p *program) (*ingest.Receipt, error) {
	actor := audit.System("import " + c.Kind)
	f, err := os.Open(c.File)
	if err != nil {
		return nil, openProblem(c.File, err)
	}
	defer f.Close()
	name := filepath.Base(c.File)
	switch c.Kind {
	case "plan", "units", "questionnaire":
		body, err := io.ReadAll(io.LimitReader(f, fileLimit))
		if err != nil {
			return nil, err
		}
		return p.ingest.Definitions(s.ctx, actor, ingest.Kind(c.Kind), c.Campaign, c.Wave, name, body, c.DryRun)
	}
	plan, err := p.campaigns.Plan(s.ctx, c.Campaign)
	if err != nil {
		return nil, err
	}
	kept, err := p.keep(s, name, f)
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	o := ingest.Options{DryRun: c.DryRun, Sheet: c.Sheet}
	if c.Kind == "placements" {
		return p.ingest.PlacementsFile(s.ctx, actor, plan, kept, o)
	}
	wave, q, err := p.wave(s.ctx, c.Campaign, survey.WaveID(c.Wave))
	if err != nil {
		return nil, err
	}
	return p.ingest.ResponsesFile(s.ctx, actor, plan, wave, q, kept, o)
}

// keep keeps the original with a progress bar on a terminal.
func (p *program) keep(s *session, name string, f *os.File) (ingest.File, error) {
	info, err := f.Stat()
	if err != nil {
		return ingest.File{}, err
	}
	var r io.Reader = f
	if terminal, ok := s.stderr.(*os.File); ok && isTerminal(terminal) {
		bar := progressbar.NewOptions64(info.Size(), progressbar.OptionSetWriter(terminal), progressbar.OptionShowBytes(true),
			progressbar.OptionSetDescription(name), progressbar.OptionClearOnFinish())
		wrapped := progressbar.NewReader(f, bar)
		r = &wrapped
	}
	return p.ingest.Originals().Keep(s.ctx, name, r, fileLimit)
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// wave gives a wave with the version of the questionnaire it was made with.
func (p *program) wave(ctx context.Context, campaign string, id survey.WaveID) (survey.Wave, survey.Questionnaire, error) {
	held, err := p.surveys.Wave(ctx, campaign, id)
	if err != nil {
		return survey.Wave{}, survey.Questionnaire{}, err
	}
	q, err := p.surveys.Questionnaire(ctx, campaign, held.Thing.Questionnaire, held.Thing.Version)
	return held.Thing, q, err
}

func openProblem(file string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return problem.Invalid(fmt.Sprintf("找不到文件“%s”", file), "请核对文件名和所在文件夹。").Because(err)
	}
	return problem.Invalid(fmt.Sprintf("打不开文件“%s”", file), "请确认运行水宣的账户可以读取它。").Because(err)
}

// at says where in a sheet something is; a fault of the whole row has no column.
func at(row int, column string) string {
	where := fmt.Sprintf("第%d行", row)
	if column != "" {
		where += " " + column
	}
	return where
}

// printReceipt says in words what became of a file.
func printReceipt(s *session, r *ingest.Receipt) {
	verb := "已收下"
	if r.DryRun {
		verb = "预览：将收下"
	}
	s.say("“%s”共%d行：%s%d行，退回%d行，跳过%d行，已登记过%d行。", r.File, r.Rows, verb, r.AcceptedRows(), r.RejectedRows(), r.SkippedRows(), r.AlreadyKnown)
	if r.AcceptedRows() == 0 && r.AlreadyKnown > 0 {
		s.say("这份文件的内容以前已经全部收下，没有新增。")
	}
	for _, x := range r.Rejected {
		s.say("  %s：%s", at(x.Row, cmp.Or(x.Heading, x.Field)), x.Why)
	}
	for _, a := range r.Accepted {
		if a.Warning != "" {
			s.say("  第%d行已收下，请留意：%s", a.Row, a.Warning)
		}
	}
	if r.Long() {
		s.say("  行数很多，退回和需要留意的行各列到前1000行为止；用 --json 可以得到全部，共退回%d行，需要留意%d行。", r.RejectedRows(), r.WarnedRows())
	}
	for _, name := range r.ColumnsNotStored {
		s.say("  “%s”这一列没有存储。", name)
	}
}
