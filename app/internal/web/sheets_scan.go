package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// mostScanned is how many files one upload of scans may have.
const mostScanned = 60

// scanAdd takes scans: of one sheet where its number is filled in, otherwise each file of
// the sheet that its name says.
func (s *Server) scanAdd(c *fiber.Ctx, v *visit) error {
	wave, _, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	_, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || params["boundary"] == "" {
		return noScan(err)
	}
	fields, parts := url.Values{}, partLimit{}
	reader := multipart.NewReader(bodyStream(c), params["boundary"])
	var held []survey.Scan
	var faults []problem.Fault
	for files := 0; ; {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return problem.Invalid("扫描件没有传完", "可能网络中断了，请再上传一次，不会重复。").Because(err)
		}
		if part.FileName() == "" {
			value, err := parts.field(part, 1<<10)
			if err != nil {
				return err
			}
			if part.FormName() != "file" {
				fields.Set(part.FormName(), value)
			}
			continue
		}
		if files++; files > mostScanned {
			return problem.TooLarge(fmt.Sprintf("一次最多上传%d份扫描件", mostScanned), "前面的已经收下，其余的请再传一次。")
		}
		number := survey.SheetNumber(fields.Get("number"))
		if number == "" {
			number = survey.SheetNumber(strings.TrimSuffix(path.Base(part.FileName()), path.Ext(part.FileName())))
		}
		one, _, err := s.Ingest.Scan(c.UserContext(), v.actor, v.plan, wave, number, part.FileName(), part)
		p, told := problem.As(err)
		switch {
		case told:
			faults = append(faults, problem.Fault{Field: part.FileName(), Why: part.FileName() + "：" + p.Title + "。" + p.Detail})
		case err != nil:
			return err
		default:
			held = append(held, one)
		}
	}
	switch {
	case len(held)+len(faults) == 0:
		return noScan(nil)
	case len(faults) > 0:
		return problem.Invalid(fmt.Sprintf("收下了%d份扫描件，有%d份没有收下", len(held), len(faults)), "收下的不用再传。没有收下的请按下面的说明处理后再传。", faults...)
	case wantsJSON(c):
		return c.JSON(map[string]any{"items": s.scansJSON(v, wave, held)})
	}
	return c.Redirect(waveAddress(v, wave)+"/sheets/numbers/"+url.PathEscape(held[0].Number)+"?done=scanned", fiber.StatusSeeOther)
}

func noScan(cause error) error {
	return problem.Invalid("没有收到扫描件", "请先选择要上传的扫描件或照片（JPEG、PNG），再点上传。").Because(cause)
}

// scanJSON is a page of a scan as the entry page shows it.
type scanJSON struct {
	Page    int    `json:"page"`
	Picture string `json:"picture"` // address within this site
	Width   int    `json:"width"`
	Height  int    `json:"height"`
}

func (s *Server) scansJSON(v *visit, wave survey.Wave, scans []survey.Scan) []scanJSON {
	list := []scanJSON{}
	for i, one := range scans {
		list = append(list, scanJSON{i + 1, waveAddress(v, wave) + "/scans/" + one.ID.String() + "/screen.jpg", one.Width, one.Height})
	}
	return list
}

// scanList tells the pages of a sheet; those of another unit's sheets are nobody's.
func (s *Server) scanList(c *fiber.Ctx, v *visit) error {
	wave, _, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	number := c.Query("number")
	sheet, known, err := s.Surveys.Sheet(c.UserContext(), v.plan.Campaign.ID, wave.ID, number)
	if err != nil {
		return err
	}
	if known {
		number = sheet.Number
	}
	scans, err := s.Surveys.Scans(c.UserContext(), v.plan.Campaign.ID, wave.ID, survey.SheetNumber(number))
	if err != nil {
		return err
	}
	var mine []survey.Scan
	for _, one := range scans {
		if may, err := s.maySeeScan(c, v, wave, one); err != nil {
			return err
		} else if may {
			mine = append(mine, one)
		}
	}
	return c.JSON(map[string]any{"items": s.scansJSON(v, wave, mine)})
}

// maySeeScan: the office all, a distributor those of their unit and of the sheets they hold.
func (s *Server) maySeeScan(c *fiber.Ctx, v *visit, wave survey.Wave, one survey.Scan) (bool, error) {
	own := auth.UnitOf(v.actor, auth.ResponseEnter)
	if own == "" || one.Unit == own {
		return true, nil
	}
	sheet, known, err := s.Surveys.Sheet(c.UserContext(), v.plan.Campaign.ID, wave.ID, one.Number)
	return known && sheet.Distributor == v.actor.ID, err
}

// scanShow serves the copy for the screen; the original with what a camera wrote into it is
// kept and not shown.
func (s *Server) scanShow(c *fiber.Ctx, v *visit) error {
	wave, _, err := s.wave(c, v, c.Params("wave"))
	if err != nil {
		return err
	}
	id, err := uuid.Parse(c.Params("scan"))
	if err != nil {
		return problem.NotFound("这份扫描件")
	}
	one, known, err := s.Surveys.Scan(c.UserContext(), v.plan.Campaign.ID, wave.ID, id)
	if err != nil {
		return err
	}
	if known {
		if known, err = s.maySeeScan(c, v, wave, one); err != nil {
			return err
		}
	}
	if !known {
		return problem.NotFound("这份扫描件")
	}
	body, err := s.Ingest.ScanCopy(c.UserContext(), one)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/jpeg")
	c.Set(fiber.HeaderCacheControl, "private, max-age=3600")
	return c.Send(body)
}
