// Package condition reads and asks the conditions that a signed site policy may
// hold a probed value to, such as "value < 70".
package condition

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// MaxLength is the longest condition in bytes.
const MaxLength = 200

// maxNodes bounds what is compiled, and memory what a run may take: a condition
// is a comparison, not a program.
const (
	maxNodes = 60
	memory   = 1000
)

// environment is all that a condition can refer to.
type environment struct {
	Value any `expr:"value"`
}

// Condition is a compiled expression over "value". It holds no state; any
// goroutine may ask it.
type Condition struct {
	text    string
	program *vm.Program
}

// Compile reads a condition: comparisons, arithmetic, "and", "or", "not", "in"
// over "value". There are no functions, no loops and nothing else to refer to.
func Compile(text string) (*Condition, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("condition: it is empty")
	}
	if len(text) > MaxLength {
		return nil, fmt.Errorf("condition: longer than %d bytes", MaxLength)
	}
	if err := plain(text); err != nil {
		return nil, err
	}
	program, err := expr.Compile(text, expr.Env(environment{}), expr.AsBool(), expr.DisableAllBuiltins(), expr.MaxNodes(maxNodes))
	if err != nil {
		return nil, inOneLine(err)
	}
	return &Condition{text: text, program: program}, nil
}

func inOneLine(err error) error {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("condition: %s", line)
}

// plain refuses everything of the language but comparing and calculating.
func plain(text string) error {
	tree, err := parser.Parse(text)
	if err != nil {
		return inOneLine(err)
	}
	v := visitor{}
	ast.Walk(&tree.Node, &v)
	return v.err
}

type visitor struct{ err error }

// Visit is called for each node.
func (v *visitor) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode, *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.BoolNode, *ast.ArrayNode, *ast.UnaryNode, *ast.ConstantNode:
		return
	case *ast.BinaryNode:
		if n.Operator != ".." {
			return
		}
	}
	v.err = errors.New("condition: it may only compare and calculate")
}

// Holds says whether value, a number (float64) or a text, meets the condition.
// A value it cannot be held to, such as a text where a number is compared, is
// an error; the error never holds the value.
func (c *Condition) Holds(value any) (bool, error) {
	machine := vm.VM{MemoryBudget: memory}
	out, err := machine.Run(c.program, environment{value})
	if err != nil {
		return false, errors.New("condition: the value is of another kind than it compares")
	}
	holds, ok := out.(bool)
	if !ok {
		return false, errors.New("condition: it is neither true nor false")
	}
	return holds, nil
}

// String is the condition as it was written.
func (c *Condition) String() string { return c.text }
