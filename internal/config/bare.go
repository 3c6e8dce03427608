package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// quoted are the settings whose values are numbers here and text in the file, by type, with an
// example. The decoder puts a bare number into them as it is: "budget = 5" would be five
// nanoseconds, in which no mail can be judged. A Size may be bare, it counts bytes.
var quoted = map[reflect.Type]string{
	reflect.TypeFor[Duration](): `"5s", "10m", "4h" or "21d"`,
	reflect.TypeFor[FileMode](): `"0660"`,
	reflect.TypeFor[Share]():    `"1/10000"`,
}

var readsText = reflect.TypeFor[encoding.TextUnmarshaler]()

// checkBare returns an error for each number that stands in the file where text is wanted.
func checkBare(text []byte) error {
	var raw map[string]any
	if err := toml.Unmarshal(text, &raw); err != nil {
		return err
	}
	return bare(reflect.TypeFor[Config](), raw, "")
}

// bare compares a value of the file with the type of its setting, whose key is "milter.budget" or
// "hooks.command[1].timeout".
func bare(t reflect.Type, raw any, key string) error {
	if example, ok := quoted[t]; ok {
		_, isText := raw.(string)
		return must(isText, key, fmt.Sprintf("%v must be text with its unit, in quotes, such as %s", raw, example))
	}
	if reflect.PointerTo(t).Implements(readsText) {
		return nil
	}
	var errs []error
	switch value := raw.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct {
			break
		}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ",")
			if v, ok := value[name]; ok && name != "" {
				errs = append(errs, bare(t.Field(i).Type, v, strings.TrimPrefix(key+"."+name, ".")))
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			break
		}
		for i, v := range value {
			errs = append(errs, bare(t.Elem(), v, fmt.Sprintf("%s[%d]", key, i)))
		}
	}
	return errors.Join(errs...)
}
