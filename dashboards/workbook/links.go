package workbook

import (
	"io"
	"strconv"
	"time"

	"shuixuan/dashboards/safecsv"
)

// Address is one address of a link.
type Address struct {
	Number int
	Link   string
}

// Addresses writes the addresses of a link as a list to send out.
func Addresses(w io.Writer, name string, list []Address, madeAt time.Time) error {
	b := newBook(name, madeAt)
	s := b.sheet("填写地址", layout{title: name + "：填写地址", remark: "一次性链接的每个地址只算一份答卷。请一人给一个，不要登记谁拿了哪一个。",
		columns: []column{{"序号", 8, integer}, {"地址", 70, plain}}})
	for _, one := range list {
		s.add(one.Number, one.Link)
	}
	s.flush()
	return b.write(w)
}

// AddressesCSV is the same as CSV; it begins with the mark by which Excel knows UTF-8.
func AddressesCSV(w io.Writer, name string, list []Address) error {
	out := safecsv.New(w)
	out.Write([]string{"链接", "序号", "地址"})
	for _, one := range list {
		out.Write([]string{safecsv.Text(name), strconv.Itoa(one.Number), one.Link})
	}
	return out.Close()
}
