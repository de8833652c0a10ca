package document

import (
	"fmt"
)

// native is a chart of the .docx on its way out: a chart part, and the workbook from which
// Word redraws it when a person edits its numbers.
type native struct {
	markup
	c    Chart
	rows int // of the workbook, without its heading
}

// chart writes a chart and the parts behind it.
func (x *docx) chart(c Chart) {
	x.charts++
	name := fmt.Sprintf("chart%d.xml", x.charts)
	n := &native{c: c, rows: len(c.labels())}
	n.space()
	book, err := chartWorkbook(c, x.d.Created)
	if err != nil {
		x.errs = append(x.errs, err)
		return
	}
	data := fmt.Sprintf("embeddings/chart%d.xlsx", x.charts)
	var to relations
	to.to(relationships+"/package", "../"+data, "")
	x.parts = append(x.parts, part{"word/charts/" + name, chartType, n.part()}, to.part("word/charts/_rels/"+name+".rels"), part{name: "word/" + data, bytes: book})
	id := x.links.to(relationships+"/chart", "charts/"+name, "")
	x.figure(c.Caption, c.Anchor, textWidth, c.high(), drawing+"chart", func() {
		x.m.at("c:chart", "xmlns:c", drawing+"chart", "r:id", id)
	})
	if c.Note != "" {
		x.line(paragraph{style: "Note"}, c.Note)
	}
}

func (n *native) space() {
	n.in("c:chartSpace", func() {
		n.at("c:date1904", "val", 0)
		n.at("c:roundedCorners", "val", 0)
		n.in("c:chart", func() {
			n.at("c:autoTitleDeleted", "val", 1)
			n.in("c:plotArea", func() {
				n.at("c:layout")
				n.plots()
				n.axes()
			})
			if n.c.legend() {
				n.in("c:legend", func() { n.at("c:legendPos", "val", "b"); n.at("c:overlay", "val", 0) })
			}
			n.at("c:plotVisOnly", "val", 1)
			n.at("c:dispBlanksAs", "val", "gap")
		})
		n.in("c:spPr", func() { n.at("a:noFill"); n.in("a:ln", func() { n.at("a:noFill") }) })
		n.letters(size6)
		n.in("c:externalData", func() { n.at("c:autoUpdate", "val", 0) }, "r:id", "rId1")
	}, "xmlns:c", drawing+"chart", "xmlns:a", drawing+"main", "xmlns:r", relationships)
}

// letters sets all texts of what it stands in.
func (n *native) letters(size float64) {
	n.in("c:txPr", func() {
		n.at("a:bodyPr")
		n.in("a:p", func() {
			n.in("a:pPr", func() {
				n.in("a:defRPr", func() {
					n.in("a:solidFill", func() { n.at("a:srgbClr", "val", "000000") })
					n.at("a:latin", "typeface", songti.name)
					n.at("a:ea", "typeface", songti.name)
				}, "sz", int(size*100))
			})
			n.at("a:endParaRPr", "lang", "zh-CN")
		})
	})
}

// Axes by their ids.
const (
	nameAxis  = 1001
	valueAxis = 1002
)

func (n *native) plots() {
	both := func() { n.at("c:axId", "val", nameAxis); n.at("c:axId", "val", valueAxis) }
	if n.c.Kind == Line {
		n.in("c:lineChart", func() {
			n.at("c:grouping", "val", "standard")
			n.at("c:varyColors", "val", 0)
			for i, s := range n.c.Series {
				n.series(i, s.Name, func() { n.stroke(lookOf(i)); n.marker(lookOf(i).marker, 6, lookOf(i).colour) }, s)
			}
			if n.c.Target != nil {
				n.target(true)
			}
			n.at("c:marker", "val", 1)
			both()
		})
		return
	}
	n.in("c:barChart", func() {
		way := "col"
		if n.c.lying() {
			way = "bar"
		}
		n.at("c:barDir", "val", way)
		n.at("c:grouping", "val", "clustered")
		n.at("c:varyColors", "val", 0)
		for i, s := range n.c.Series {
			n.series(i, s.Name, func() { n.fill(lookOf(i)); n.at("c:invertIfNegative", "val", 0) }, s)
		}
		if n.c.Target != nil && n.c.lying() { // a line can't stand on end
			n.target(false)
		}
		n.at("c:gapWidth", "val", 60)
		both()
	})
	if n.c.Target != nil && !n.c.lying() {
		n.in("c:lineChart", func() {
			n.at("c:grouping", "val", "standard")
			n.at("c:varyColors", "val", 0)
			n.target(true)
			n.at("c:marker", "val", 1)
			both()
		})
	}
}

// series writes one series, whose values stand in the column after its place.
func (n *native) series(i int, name string, looks func(), s Series) {
	n.in("c:ser", func() {
		n.at("c:idx", "val", i)
		n.at("c:order", "val", i)
		n.in("c:tx", func() {
			n.in("c:strRef", func() {
				n.text("c:f", reference(i+1, 1, 1))
				n.in("c:strCache", func() { n.at("c:ptCount", "val", 1); n.point(0, oneLine(name)) })
			})
		})
		looks()
		if i < len(n.c.Series) {
			n.dataLabels(i, s)
			n.errorBars(i, s)
		}
		n.in("c:cat", n.categories)
		n.in("c:val", func() {
			n.numbers(i+1, n.c.format(n.c.places()), func(row int) (float64, bool) { return s.Points[row].Value, !s.Points[row].missing() })
		})
		if n.c.Kind == Line || i == len(n.c.Series) && !n.c.lying() {
			n.at("c:smooth", "val", 0)
		}
	})
}

// target is a series of one value: a line, or bars without filling.
func (n *native) target(line bool) {
	s := Series{Points: make([]Point, n.rows)}
	for i := range s.Points {
		s.Points[i].Value = n.c.Target.Value
	}
	n.series(len(n.c.Series), n.c.targetName(), func() {
		if line {
			n.in("c:spPr", func() { n.ink("000000", 19050, "dash") })
			if n.rows > 1 {
				n.in("c:marker", func() { n.at("c:symbol", "val", "none") })
			} else {
				n.marker("dash", 20, "000000")
			}
			return
		}
		n.in("c:spPr", func() {
			n.in("a:solidFill", func() { n.at("a:srgbClr", "val", "FFFFFF") })
			n.ink("000000", 9525, "dash")
		})
		n.at("c:invertIfNegative", "val", 0)
	}, s)
}

func (c Chart) targetName() string {
	return oneLine(c.Target.Name) + " " + c.number(c.Target.Value)
}

func (n *native) ink(colour string, width int, dash string) {
	n.in("a:ln", func() {
		n.in("a:solidFill", func() { n.at("a:srgbClr", "val", colour) })
		n.at("a:prstDash", "val", dash)
	}, "w", width)
}

func (n *native) stroke(l look) {
	n.in("c:spPr", func() { n.ink(l.colour, 22225, l.dash) })
}

func (n *native) fill(l look) {
	n.in("c:spPr", func() {
		if l.pattern == "" {
			n.in("a:solidFill", func() { n.at("a:srgbClr", "val", l.colour) })
		} else {
			n.in("a:pattFill", func() {
				n.in("a:fgClr", func() { n.at("a:srgbClr", "val", l.colour) })
				n.in("a:bgClr", func() { n.at("a:srgbClr", "val", "FFFFFF") })
			}, "prst", l.pattern)
		}
		n.ink("333333", 6350, "solid")
	})
}

func (n *native) marker(symbol string, size int, colour string) {
	n.in("c:marker", func() {
		n.at("c:symbol", "val", symbol)
		n.at("c:size", "val", size)
		n.in("c:spPr", func() {
			n.in("a:solidFill", func() { n.at("a:srgbClr", "val", colour) })
			n.ink(colour, 6350, "solid")
		})
	})
}

// dataLabels prints the values; where an interval is drawn over the end of the bar they
// stand on white at its foot.
func (n *native) dataLabels(i int, s Series) {
	if n.c.Kind == Line && n.rows > labelled {
		return
	}
	n.in("c:dLbls", func() {
		n.at("c:numFmt", "formatCode", n.c.format(n.c.places()), "sourceLinked", 0)
		n.in("c:spPr", func() {
			if s.intervals() && n.c.Kind != Line {
				n.in("a:solidFill", func() { n.at("a:srgbClr", "val", "FFFFFF") })
			} else {
				n.at("a:noFill")
			}
			n.in("a:ln", func() { n.at("a:noFill") })
		})
		n.letters(size6)
		place := "outEnd"
		switch {
		case n.c.Kind == Line && s.intervals():
			place = "r"
		case n.c.Kind == Line:
			place = map[int]string{1: "t", 0: "r", -1: "b"}[n.c.place(i)]
		case s.intervals():
			place = "inBase"
		}
		n.at("c:dLblPos", "val", place)
		for _, show := range []string{"LegendKey", "Val", "CatName", "SerName", "Percent", "BubbleSize"} {
			value := 0
			if show == "Val" {
				value = 1
			}
			n.at("c:show"+show, "val", value)
		}
	})
}

// errorBars draws the intervals, from the columns behind those of the values.
func (n *native) errorBars(i int, s Series) {
	column, ok := n.c.intervalColumn(i)
	if !ok {
		return
	}
	n.in("c:errBars", func() {
		if n.c.Kind == Line {
			n.at("c:errDir", "val", "y")
		}
		n.at("c:errBarType", "val", "both")
		n.at("c:errValType", "val", "cust")
		n.at("c:noEndCap", "val", 0)
		n.in("c:plus", func() {
			n.numbers(column+1, "General", func(row int) (float64, bool) { _, up, ok := s.Points[row].interval(); return up, ok })
		})
		n.in("c:minus", func() {
			n.numbers(column, "General", func(row int) (float64, bool) { down, _, ok := s.Points[row].interval(); return down, ok })
		})
		n.in("c:spPr", func() { n.ink("000000", 9525, "solid") })
	})
}

func (n *native) point(i int, value string) {
	n.in("c:pt", func() { n.text("c:v", value) }, "idx", i)
}

func (n *native) categories() {
	if n.c.timed() {
		n.numbers(0, "yyyy-mm-dd", func(row int) (float64, bool) { return float64(serial(n.c.Times[row])), true })
		return
	}
	n.in("c:strRef", func() {
		n.text("c:f", reference(0, 2, n.rows+1))
		n.in("c:strCache", func() {
			n.at("c:ptCount", "val", n.rows)
			for i, name := range n.c.labels() {
				n.point(i, short(name, labelLength))
			}
		})
	})
}

func (n *native) numbers(column int, format string, value func(row int) (float64, bool)) {
	n.in("c:numRef", func() {
		n.text("c:f", reference(column, 2, n.rows+1))
		n.in("c:numCache", func() {
			n.text("c:formatCode", format)
			n.at("c:ptCount", "val", n.rows)
			for row := range n.rows {
				if v, ok := value(row); ok {
					n.point(row, fmt.Sprint(v))
				}
			}
		})
	})
}

func (n *native) axes() {
	bottom, top := n.c.scale()
	turn, names, values := "minMax", "b", "l"
	if n.c.lying() {
		turn, names, values = "maxMin", "l", "b"
	}
	kind := "c:catAx"
	if n.c.timed() {
		kind = "c:dateAx"
	}
	n.in(kind, func() {
		n.axis(nameAxis, turn, nil, nil, names)
		n.at("c:numFmt", "formatCode", map[bool]string{true: "yyyy-mm-dd", false: "General"}[n.c.timed()], "sourceLinked", 0)
		n.ticks("low", "000000")
		n.at("c:crossAx", "val", valueAxis)
		n.at("c:crosses", "val", "autoZero")
		n.at("c:auto", "val", 0)
		if !n.c.timed() {
			n.at("c:lblAlgn", "val", "ctr")
		}
		n.at("c:lblOffset", "val", 100)
		if n.c.timed() {
			n.at("c:baseTimeUnit", "val", "days")
			n.at("c:majorUnit", "val", n.c.everyDays())
			n.at("c:majorTimeUnit", "val", "days")
		} else {
			n.at("c:noMultiLvlLbl", "val", 1)
		}
	})
	n.in("c:valAx", func() {
		n.axis(valueAxis, "minMax", bottom, top, values)
		n.in("c:majorGridlines", func() { n.in("c:spPr", func() { n.ink("D0D0D0", 6350, "solid") }) })
		n.at("c:numFmt", "formatCode", n.c.format(n.tickPlaces(top-bottom)), "sourceLinked", 0)
		n.ticks("nextTo", "808080")
		n.at("c:crossAx", "val", nameAxis)
		crosses := "autoZero"
		if n.c.lying() {
			crosses = "max" // at the foot, since the names go from the top down
		}
		n.at("c:crosses", "val", crosses)
		n.at("c:crossBetween", "val", "between")
		n.at("c:majorUnit", "val", stepOf(top-bottom))
	})
}

func (n *native) tickPlaces(span float64) int {
	if stepOf(span) < 1 {
		return 1
	}
	return 0
}

func (n *native) axis(id int, turn string, bottom, top any, side string) {
	n.at("c:axId", "val", id)
	n.in("c:scaling", func() {
		n.at("c:orientation", "val", turn)
		if top != nil {
			n.at("c:max", "val", top)
			n.at("c:min", "val", bottom)
		}
	})
	n.at("c:delete", "val", 0)
	n.at("c:axPos", "val", side)
}

func (n *native) ticks(labels, colour string) {
	n.at("c:majorTickMark", "val", "out")
	n.at("c:minorTickMark", "val", "none")
	n.at("c:tickLblPos", "val", labels)
	n.in("c:spPr", func() { n.ink(colour, 6350, "solid") })
	n.letters(size6)
}
