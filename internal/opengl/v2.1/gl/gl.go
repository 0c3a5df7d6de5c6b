// Package gl has the some forty functions of OpenGL 2.1 that Fyne draws with,
// under the import path and with the signatures of github.com/go-gl/gl, whose
// place it takes (go.mod). That module binds every function there is in 2.2 MB
// of generated Go: compilers are at it for almost four minutes, for each of
// Linux, Windows and the race detector, and every program with a window carries
// and loads all of it. When a newer Fyne calls for more, the build names it.
//
// Everything but Init is for the thread whose context is current, after Init.
// What the functions do stands in the OpenGL 2.1 specification (Khronos, 2006).
package gl

/*
#cgo windows LDFLAGS: -lopengl32
#cgo linux pkg-config: gl
#include "gl.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"unsafe"
)

// Values of the specification.
const (
	ARRAY_BUFFER             = C.GL_ARRAY_BUFFER
	BLEND                    = C.GL_BLEND
	CLAMP_TO_EDGE            = C.GL_CLAMP_TO_EDGE
	COLOR_BUFFER_BIT         = C.GL_COLOR_BUFFER_BIT
	COMPILE_STATUS           = C.GL_COMPILE_STATUS
	CONSTANT_ALPHA           = C.GL_CONSTANT_ALPHA
	DEPTH_BUFFER_BIT         = C.GL_DEPTH_BUFFER_BIT
	DEPTH_TEST               = C.GL_DEPTH_TEST
	FALSE                    = C.GL_FALSE
	FLOAT                    = C.GL_FLOAT
	FRAGMENT_SHADER          = C.GL_FRAGMENT_SHADER
	FRONT                    = C.GL_FRONT
	INFO_LOG_LENGTH          = C.GL_INFO_LOG_LENGTH
	LINEAR                   = C.GL_LINEAR
	LINK_STATUS              = C.GL_LINK_STATUS
	NEAREST                  = C.GL_NEAREST
	ONE                      = C.GL_ONE
	ONE_MINUS_CONSTANT_ALPHA = C.GL_ONE_MINUS_CONSTANT_ALPHA
	ONE_MINUS_SRC_ALPHA      = C.GL_ONE_MINUS_SRC_ALPHA
	RGBA                     = C.GL_RGBA
	SCISSOR_TEST             = C.GL_SCISSOR_TEST
	SRC_ALPHA                = C.GL_SRC_ALPHA
	STATIC_DRAW              = C.GL_STATIC_DRAW
	TEXTURE0                 = C.GL_TEXTURE0
	TEXTURE_2D               = C.GL_TEXTURE_2D
	TEXTURE_MAG_FILTER       = C.GL_TEXTURE_MAG_FILTER
	TEXTURE_MIN_FILTER       = C.GL_TEXTURE_MIN_FILTER
	TEXTURE_WRAP_S           = C.GL_TEXTURE_WRAP_S
	TEXTURE_WRAP_T           = C.GL_TEXTURE_WRAP_T
	TRIANGLES                = C.GL_TRIANGLES
	TRIANGLE_STRIP           = C.GL_TRIANGLE_STRIP
	UNSIGNED_BYTE            = C.GL_UNSIGNED_BYTE
	VERTEX_SHADER            = C.GL_VERTEX_SHADER
)

// Init finds the functions in the system's library, for the context that is
// current. It fails where the driver has none of OpenGL 2.1.
func Init() error {
	if missing := C.gl21_load(); missing != nil {
		return errors.New("OpenGL 2.1: this system's driver has no " + C.GoString(missing))
	}
	return nil
}

// Ptr gives the address of a slice's first value, nil for nil. Anything else
// is a fault of whoever calls it.
func Ptr(data any) unsafe.Pointer {
	if data == nil {
		return nil
	}
	v := reflect.ValueOf(data)
	if v.Kind() != reflect.Slice {
		panic(fmt.Sprintf("gl.Ptr takes a slice, not %s", v.Type()))
	}
	return v.UnsafePointer()
}

// Str gives the address of a text that ends with a zero byte.
func Str(s string) *uint8 {
	if !strings.HasSuffix(s, "\x00") {
		panic("gl.Str takes a text with a zero byte at its end: " + s)
	}
	return unsafe.StringData(s)
}

// Strs gives a list of texts that end with a zero byte, pinned where they are
// until free is called.
func Strs(texts ...string) (list **uint8, free func()) {
	if len(texts) == 0 {
		panic("gl.Strs takes one text at least")
	}
	var pinned runtime.Pinner
	addresses := make([]*uint8, len(texts))
	for i, s := range texts {
		addresses[i] = Str(s)
		pinned.Pin(addresses[i])
	}
	return unsafe.SliceData(addresses), pinned.Unpin
}

// Of OpenGL 1.1, which every library has: linked.

func BindTexture(target, texture uint32) { C.glBindTexture(C.GLenum(target), C.GLuint(texture)) }

func BlendFunc(source, destination uint32) {
	C.glBlendFunc(C.GLenum(source), C.GLenum(destination))
}

func Clear(mask uint32) { C.glClear(C.GLbitfield(mask)) }

func ClearColor(r, g, b, a float32) {
	C.glClearColor(C.GLfloat(r), C.GLfloat(g), C.GLfloat(b), C.GLfloat(a))
}

func DeleteTextures(n int32, textures *uint32) {
	C.glDeleteTextures(C.GLsizei(n), (*C.GLuint)(textures))
}

func Disable(capability uint32) { C.glDisable(C.GLenum(capability)) }

func DrawArrays(mode uint32, first, count int32) {
	C.glDrawArrays(C.GLenum(mode), C.GLint(first), C.GLsizei(count))
}

func Enable(capability uint32) { C.glEnable(C.GLenum(capability)) }

func GenTextures(n int32, textures *uint32) {
	C.glGenTextures(C.GLsizei(n), (*C.GLuint)(textures))
}

func GetError() uint32 { return uint32(C.glGetError()) }

func ReadBuffer(source uint32) { C.glReadBuffer(C.GLenum(source)) }

func ReadPixels(x, y, width, height int32, format, kind uint32, pixels unsafe.Pointer) {
	C.glReadPixels(C.GLint(x), C.GLint(y), C.GLsizei(width), C.GLsizei(height), C.GLenum(format), C.GLenum(kind), pixels)
}

func Scissor(x, y, width, height int32) {
	C.glScissor(C.GLint(x), C.GLint(y), C.GLsizei(width), C.GLsizei(height))
}

func TexImage2D(target uint32, level, internal, width, height, border int32, format, kind uint32, pixels unsafe.Pointer) {
	C.glTexImage2D(C.GLenum(target), C.GLint(level), C.GLint(internal), C.GLsizei(width), C.GLsizei(height), C.GLint(border),
		C.GLenum(format), C.GLenum(kind), pixels)
}

func TexParameteri(target, name uint32, value int32) {
	C.glTexParameteri(C.GLenum(target), C.GLenum(name), C.GLint(value))
}

func Viewport(x, y, width, height int32) {
	C.glViewport(C.GLint(x), C.GLint(y), C.GLsizei(width), C.GLsizei(height))
}

// Of later versions: found by Init.

func ActiveTexture(texture uint32) { C.gl21_activeTexture(C.GLenum(texture)) }

func AttachShader(program, shader uint32) { C.gl21_attachShader(C.GLuint(program), C.GLuint(shader)) }

func BindBuffer(target, buffer uint32) { C.gl21_bindBuffer(C.GLenum(target), C.GLuint(buffer)) }

func BlendColor(r, g, b, a float32) {
	C.gl21_blendColor(C.GLfloat(r), C.GLfloat(g), C.GLfloat(b), C.GLfloat(a))
}

func BufferData(target uint32, size int, data unsafe.Pointer, usage uint32) {
	C.gl21_bufferData(C.GLenum(target), C.GLsizeiptr(size), data, C.GLenum(usage))
}

func BufferSubData(target uint32, offset, size int, data unsafe.Pointer) {
	C.gl21_bufferSubData(C.GLenum(target), C.GLintptr(offset), C.GLsizeiptr(size), data)
}

func CompileShader(shader uint32) { C.gl21_compileShader(C.GLuint(shader)) }

func CreateProgram() uint32 { return uint32(C.gl21_createProgram()) }

func CreateShader(kind uint32) uint32 { return uint32(C.gl21_createShader(C.GLenum(kind))) }

func DeleteBuffers(n int32, buffers *uint32) {
	C.gl21_deleteBuffers(C.GLsizei(n), (*C.GLuint)(buffers))
}

func EnableVertexAttribArray(index uint32) { C.gl21_enableVertexAttribArray(C.GLuint(index)) }

func GenBuffers(n int32, buffers *uint32) { C.gl21_genBuffers(C.GLsizei(n), (*C.GLuint)(buffers)) }

func GetAttribLocation(program uint32, name *uint8) int32 {
	return int32(C.gl21_getAttribLocation(C.GLuint(program), (*C.GLchar)(unsafe.Pointer(name))))
}

func GetProgramInfoLog(program uint32, size int32, length *int32, text *uint8) {
	C.gl21_getProgramInfoLog(C.GLuint(program), C.GLsizei(size), (*C.GLsizei)(length), (*C.GLchar)(unsafe.Pointer(text)))
}

func GetProgramiv(program, name uint32, value *int32) {
	C.gl21_getProgramiv(C.GLuint(program), C.GLenum(name), (*C.GLint)(value))
}

func GetShaderInfoLog(shader uint32, size int32, length *int32, text *uint8) {
	C.gl21_getShaderInfoLog(C.GLuint(shader), C.GLsizei(size), (*C.GLsizei)(length), (*C.GLchar)(unsafe.Pointer(text)))
}

func GetShaderiv(shader, name uint32, value *int32) {
	C.gl21_getShaderiv(C.GLuint(shader), C.GLenum(name), (*C.GLint)(value))
}

func GetUniformLocation(program uint32, name *uint8) int32 {
	return int32(C.gl21_getUniformLocation(C.GLuint(program), (*C.GLchar)(unsafe.Pointer(name))))
}

func LinkProgram(program uint32) { C.gl21_linkProgram(C.GLuint(program)) }

func ShaderSource(shader uint32, count int32, texts **uint8, lengths *int32) {
	C.gl21_shaderSource(C.GLuint(shader), C.GLsizei(count), (**C.GLchar)(unsafe.Pointer(texts)), (*C.GLint)(lengths))
}

func Uniform1f(location int32, v float32) { C.gl21_uniform1f(C.GLint(location), C.GLfloat(v)) }

func Uniform2f(location int32, v0, v1 float32) {
	C.gl21_uniform2f(C.GLint(location), C.GLfloat(v0), C.GLfloat(v1))
}

func Uniform4f(location int32, v0, v1, v2, v3 float32) {
	C.gl21_uniform4f(C.GLint(location), C.GLfloat(v0), C.GLfloat(v1), C.GLfloat(v2), C.GLfloat(v3))
}

func UseProgram(program uint32) { C.gl21_useProgram(C.GLuint(program)) }

// VertexAttribPointerWithOffset is VertexAttribPointer for a bound buffer,
// where the address is a distance in bytes.
func VertexAttribPointerWithOffset(index uint32, size int32, kind uint32, normalized bool, stride int32, offset uintptr) {
	var n C.GLboolean
	if normalized {
		n = 1
	}
	C.gl21_vertexAttribPointer(C.GLuint(index), C.GLint(size), C.GLenum(kind), n, C.GLsizei(stride), C.uintptr_t(offset))
}
