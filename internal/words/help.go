package words

import (
	"maps"
	"slices"
	"strings"
)

// Help is a text of a command's help in the reader's words. Of a text that others write, such as cobra's,
// or that lists things, each line has words of its own; what has none stays in English.
func (t Reader) Help(text string) string {
	if !t.Japanese() {
		return text
	}
	if ja, ok := helps[text]; ok {
		return ja
	}
	switch { // cobra's own flags
	case strings.HasPrefix(text, "help for "):
		return "この説明を表示する"
	case strings.HasPrefix(text, "version for "):
		return "バージョンを表示する"
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if ja, ok := helps[line]; ok {
			lines[i] = ja
		}
	}
	return strings.Join(lines, "\n")
}

// HelpTemplate is a template of cobra's help or usage in the reader's words.
func (t Reader) HelpTemplate(text string) string {
	if !t.Japanese() {
		return text
	}
	return strings.NewReplacer("Usage:", "使い方:", "Aliases:", "別名:", "Examples:", "例:", "Available Commands:", "コマンド:",
		"Additional Commands:", "その他のコマンド:", "Global Flags:", "共通のフラグ:", "Flags:", "フラグ:",
		"Additional help topics:", "関連する説明:", `Use "{{.CommandPath}} [command] --help" for more information about a command.`,
		`各コマンドの説明は「{{.CommandPath}} [command] --help」で表示します。`).Replace(text)
}

// HelpTexts are the texts of help that have Japanese words, for who checks that commands still say them.
func HelpTexts() []string { return slices.Sorted(maps.Keys(helps)) }
