package ingest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
)

// Unsent is a file of records that a phone could not send, handed in by the office.
const Unsent Kind = "unsent"

// unsentFormat is what the head of such a file calls itself.
const unsentFormat = "shuixuan-unsent"

// maxUnsentLine bounds one record: a photo of 20 MB as base64, with room.
const maxUnsentLine = 32 << 20

// UnsentHead says whose records a file holds. All of it is what the phone says.
type UnsentHead struct {
	Format     string    `json:"format"`
	Version    int       `json:"version"`
	Campaign   string    `json:"campaign"`
	Owner      string    `json:"owner"`
	Name       string    `json:"name"`
	ExportedAt time.Time `json:"exported_at"`
	Count      int       `json:"count"`
}

// UnsentRecord is one record as the outbox of a browser holds it. Values are the fields of
// its form, in their order.
type UnsentRecord struct {
	ID        uuid.UUID   `json:"id"`
	Kind      string      `json:"kind"` // sheet, placement, photo
	Wave      string      `json:"wave"`
	Placement uuid.UUID   `json:"placement"` // of a photo
	Unit      string      `json:"unit"`
	Number    string      `json:"number"`
	Place     string      `json:"place"`
	Name      string      `json:"name"` // of a photo's file
	At        time.Time   `json:"at"`   // by the clock of the phone
	Values    [][2]string `json:"values"`
	File      []byte      `json:"file"`

	Row int   `json:"-"` // its place in the file, from 1
	Bad error `json:"-"` // why it can't be read
}

// ReadUnsent reads such a file: a line for people, the checksum of all that follows, the
// head, and one record on each line. Nothing is given out before the checksum is right.
// Line ends that a mail program has changed are no harm.
func ReadUnsent(f File) (UnsentHead, []UnsentRecord, error) {
	var head UnsentHead
	said, sum, err := unsentSum(f)
	if err != nil {
		return head, nil, err
	}
	if said != sum {
		return head, nil, problem.Invalid("文件和导出时不一样，没有导入", "可能没有传完整，或打开后改过。请让对方重新导出一次，用原样的文件导入。")
	}
	lines := bufio.NewReaderSize(io.NewSectionReader(f, 0, f.Size), 1<<16)
	var records []UnsentRecord
	for n := 0; ; n++ {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return head, nil, err
		}
		switch {
		case n < 2:
		case n == 2:
			if err := json.Unmarshal(line, &head); err != nil || head.Format != unsentFormat {
				return head, nil, notUnsent(err)
			}
			if head.Version != 1 {
				return head, nil, problem.Invalid("这份文件是新版程序导出的", "请先升级本系统，再导入一次。")
			}
		default:
			r := UnsentRecord{}
			if err := json.Unmarshal(line, &r); err != nil {
				r = UnsentRecord{Bad: err}
			}
			r.Row = n - 2
			records = append(records, r)
		}
	}
	if len(records) != head.Count {
		return head, nil, problem.Invalid("文件里的记录不完整，没有导入", fmt.Sprintf("应有%d条，实有%d条。请让对方重新导出一次。", head.Count, len(records)))
	}
	return head, records, nil
}

// unsentSum gives the checksum that the file says, and the one that it has.
func unsentSum(f File) (said, sum string, err error) {
	lines := bufio.NewReaderSize(io.NewSectionReader(f, 0, f.Size), 1<<16)
	hash := sha256.New()
	for n := 0; ; n++ {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", "", err
		}
		switch n {
		case 0:
			if !bytes.HasPrefix(bytes.TrimPrefix(line, []byte("\ufeff")), []byte("水宣")) {
				return "", "", notUnsent(nil)
			}
		case 1:
			var found bool
			if said, found = strings.CutPrefix(string(line), "sha256 "); !found {
				return "", "", notUnsent(nil)
			}
		default:
			hash.Write(line)
			hash.Write([]byte{'\n'})
		}
	}
	if said == "" {
		return "", "", notUnsent(nil)
	}
	return said, hex.EncodeToString(hash.Sum(nil)), nil
}

// readLine gives a line without its end; an empty last line is none.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxUnsentLine {
			return nil, problem.TooLarge("文件里有一条记录太大，没有导入", "请确认选对了文件：要的是“未送出的记录”页导出的文件。")
		}
		if err == nil || errors.Is(err, io.EOF) && len(line) > 0 {
			return bytes.TrimRight(line, "\r\n"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}

func notUnsent(cause error) error {
	return problem.Invalid("这不是未送出记录的文件", "请选择对方在“未送出的记录”页导出的文件（.txt），不要改名或转换格式。").Because(cause)
}

// KeepReceipt writes the receipt of a file whose rows went in one by one, with its event.
// As in Commit the event is first, so that what has a receipt is in the trail.
func (in *Ingest) KeepReceipt(ctx context.Context, actor audit.Actor, r *Receipt) error {
	r.settle(nil, nil)
	if err := in.log.Record(ctx, r.event(actor)); err != nil {
		return err
	}
	return in.writeReceipts(ctx, []*Receipt{r})
}
