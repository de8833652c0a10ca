package web

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"shuixuan/app/problem"
)

var update = flag.Bool("update", false, "write the golden files again")

// TestOpenAPISaysWhatTheRoutesDo makes the description again from the table of routes
// and the types that the handlers answer, and checks it as a document of OpenAPI 3.1.
func TestOpenAPISaysWhatTheRoutesDo(t *testing.T) {
	var s Server
	got, err := json.MarshalIndent(describe(s.apiRoutes()), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("openapi.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(got, openAPI) {
		t.Error("openapi.json is not what the routes say: run go test ./app/internal/web -run OpenAPI -update")
	}
	doc, err := openapi3.NewLoader().LoadFromData(got)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

// pathParameter finds :campaign in an address of the router.
var pathParameter = regexp.MustCompile(`:(\w+)`)

// describe makes the document.
func describe(routes []apiRoute) map[string]any {
	d := &describer{schemas: map[string]any{}, types: map[string]reflect.Type{}}
	paths := map[string]map[string]any{}
	problemRef := d.schema(reflect.TypeOf(problemJSONBody{}))
	for _, r := range routes {
		path := pathParameter.ReplaceAllString(r.path, "{$1}")
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(r.method)] = d.operation(r, problemRef)
	}
	return map[string]any{
		"openapi":  "3.1.0",
		"info":     map[string]any{"title": "水宣", "version": "1", "description": "Errors are application/problem+json (RFC 9457). Lists page by keyset: pass next as after."},
		"servers":  []any{map[string]any{"url": "/"}},
		"security": []any{map[string]any{"token": []string{}}, map[string]any{"session": []string{}}},
		"paths":    paths,
		"components": map[string]any{
			"schemas": d.schemas,
			"securitySchemes": map[string]any{
				"token":   map[string]any{"type": "http", "scheme": "bearer"},
				"session": map[string]any{"type": "apiKey", "in": "cookie", "name": sessionCookie},
			},
		},
	}
}

// problemJSONBody is what fault.go answers to programs.
type problemJSONBody struct {
	Type      string          `json:"type"`
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Detail    string          `json:"detail"`
	Reference string          `json:"reference"`
	Faults    []problem.Fault `json:"faults"`
}

// describer gathers the schemas of named types.
type describer struct {
	schemas map[string]any
	types   map[string]reflect.Type // by the name of their schema
}

// name is the schema's name. campaign.Question and survey.Question are two: the later one
// takes its package along.
func (d *describer) name(t reflect.Type) string {
	name := schemaName(t)
	if other, taken := d.types[name]; taken && other != t {
		pkg := t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:]
		name = strings.ToUpper(pkg[:1]) + pkg[1:] + name
	}
	return name
}

func (d *describer) operation(r apiRoute, problemRef any) map[string]any {
	var parameters []any
	for _, name := range pathParameter.FindAllStringSubmatch(r.path, -1) {
		parameters = append(parameters, map[string]any{"name": name[1], "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
	}
	for _, q := range r.query {
		schema := map[string]any{"type": "string"}
		if q.values != nil {
			schema["enum"] = q.values
		}
		parameters = append(parameters, map[string]any{"name": q.name, "in": "query", "description": q.about, "schema": schema})
	}
	answer := map[string]any{"description": "fine"}
	if r.file != "" {
		answer["content"] = map[string]any{r.file: map[string]any{"schema": map[string]any{}}}
	} else {
		answer["content"] = map[string]any{"application/json": map[string]any{"schema": d.schema(reflect.TypeOf(r.answer))}}
	}
	responses := map[string]any{
		"200":     answer,
		"default": map[string]any{"description": "a problem", "content": map[string]any{"application/problem+json": map[string]any{"schema": problemRef}}},
	}
	if r.status != 0 && r.status != 200 {
		responses[fmt.Sprint(r.status)] = answer
	}
	op := map[string]any{"summary": r.summary, "x-verb": string(r.verb), "responses": responses}
	if parameters != nil {
		op["parameters"] = parameters
	}
	switch {
	case r.upload:
		form := map[string]any{"type": "object", "required": []string{"file"}, "properties": map[string]any{"file": map[string]any{"type": "string", "contentMediaType": "application/octet-stream"}}}
		op["requestBody"] = map[string]any{"required": true, "content": map[string]any{"multipart/form-data": map[string]any{"schema": form}}}
	case r.body != nil:
		op["requestBody"] = map[string]any{"required": true, "content": map[string]any{"application/json": map[string]any{"schema": d.schema(reflect.TypeOf(r.body))}}}
	}
	return op
}

var (
	timeType = reflect.TypeOf(time.Time{})
	uuidType = reflect.TypeOf(uuid.UUID{})
	rawType  = reflect.TypeOf(json.RawMessage{})
)

// schema is the JSON Schema of a type as encoding/json writes it.
func (d *describer) schema(t reflect.Type) any {
	switch t {
	case timeType:
		return map[string]any{"type": "string", "format": "date-time"}
	case uuidType:
		return map[string]any{"type": "string", "format": "uuid"}
	case rawType:
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{d.schema(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": d.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return d.object(t)
	}
	panic("no schema for " + t.String())
}

// object describes a struct once, under its name.
func (d *describer) object(t reflect.Type) any {
	name := d.name(t)
	ref := map[string]any{"$ref": "#/components/schemas/" + name}
	if _, done := d.schemas[name]; done {
		return ref
	}
	d.schemas[name], d.types[name] = nil, t // a type that holds itself ends here
	properties, required := map[string]any{}, []string{}
	d.fields(t, properties, &required)
	object := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		object["required"] = required
	}
	d.schemas[name] = object
	return ref
}

func (d *describer) fields(t reflect.Type, properties map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-":
		case f.Anonymous && name == "":
			inner := f.Type
			var optional []string
			if inner.Kind() == reflect.Pointer {
				d.fields(inner.Elem(), properties, &optional) // left out where nil
				continue
			}
			d.fields(inner, properties, required)
		case f.IsExported():
			if name == "" {
				name = f.Name
			}
			properties[name] = d.schema(f.Type)
			if !strings.Contains(options, "omit") {
				*required = append(*required, name)
			}
		}
	}
}

// schemaName makes items[…web.campaignJSON] into campaignItems, and estimate.Estimate
// into Estimate.
func schemaName(t reflect.Type) string {
	name := t.Name()
	if generic, inner, ok := strings.Cut(name, "["); ok {
		inner = strings.TrimSuffix(inner, "]")
		inner = inner[strings.LastIndex(inner, ".")+1:]
		name = strings.TrimSuffix(inner, "JSON") + strings.ToUpper(generic[:1]) + generic[1:]
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, "JSON"), "JSONBody")
	return strings.ToUpper(name[:1]) + name[1:]
}
