#include "gl.h"
#ifdef _WIN32
static void *find(const char *name) {
	void *found = (void *)wglGetProcAddress(name);
	return (intptr_t)found < -1 || (intptr_t)found > 3 ? found : NULL; // some drivers say no by these
}
#else
#include <GL/glx.h>
static void *find(const char *name) { return (void *)glXGetProcAddressARB((const GLubyte *)name); }
#endif

// Every function, with the type that glext.h has for it.
#define FUNCTIONS(F) \
	F(ActiveTexture, ACTIVETEXTURE) \
	F(AttachShader, ATTACHSHADER) \
	F(BindBuffer, BINDBUFFER) \
	F(BlendColor, BLENDCOLOR) \
	F(BufferData, BUFFERDATA) \
	F(BufferSubData, BUFFERSUBDATA) \
	F(CompileShader, COMPILESHADER) \
	F(CreateProgram, CREATEPROGRAM) \
	F(CreateShader, CREATESHADER) \
	F(DeleteBuffers, DELETEBUFFERS) \
	F(EnableVertexAttribArray, ENABLEVERTEXATTRIBARRAY) \
	F(GenBuffers, GENBUFFERS) \
	F(GetAttribLocation, GETATTRIBLOCATION) \
	F(GetProgramInfoLog, GETPROGRAMINFOLOG) \
	F(GetProgramiv, GETPROGRAMIV) \
	F(GetShaderInfoLog, GETSHADERINFOLOG) \
	F(GetShaderiv, GETSHADERIV) \
	F(GetUniformLocation, GETUNIFORMLOCATION) \
	F(LinkProgram, LINKPROGRAM) \
	F(ShaderSource, SHADERSOURCE) \
	F(Uniform1f, UNIFORM1F) \
	F(Uniform2f, UNIFORM2F) \
	F(Uniform4f, UNIFORM4F) \
	F(UseProgram, USEPROGRAM) \
	F(VertexAttribPointer, VERTEXATTRIBPOINTER)

#define MEMBER(name, type) PFNGL##type##PROC name;
static struct { FUNCTIONS(MEMBER) } gl;

const char *gl21_load(void) {
#define FIND(name, type) if (!(gl.name = (PFNGL##type##PROC)find("gl" #name))) return "gl" #name;
	FUNCTIONS(FIND)
	return NULL;
}

void gl21_activeTexture(GLenum texture) { gl.ActiveTexture(texture); }
void gl21_attachShader(GLuint program, GLuint shader) { gl.AttachShader(program, shader); }
void gl21_bindBuffer(GLenum target, GLuint buffer) { gl.BindBuffer(target, buffer); }
void gl21_blendColor(GLfloat r, GLfloat g, GLfloat b, GLfloat a) { gl.BlendColor(r, g, b, a); }
void gl21_bufferData(GLenum target, GLsizeiptr size, const void *data, GLenum usage) { gl.BufferData(target, size, data, usage); }
void gl21_bufferSubData(GLenum target, GLintptr offset, GLsizeiptr size, const void *data) { gl.BufferSubData(target, offset, size, data); }
void gl21_compileShader(GLuint shader) { gl.CompileShader(shader); }
GLuint gl21_createProgram(void) { return gl.CreateProgram(); }
GLuint gl21_createShader(GLenum kind) { return gl.CreateShader(kind); }
void gl21_deleteBuffers(GLsizei n, const GLuint *buffers) { gl.DeleteBuffers(n, buffers); }
void gl21_enableVertexAttribArray(GLuint index) { gl.EnableVertexAttribArray(index); }
void gl21_genBuffers(GLsizei n, GLuint *buffers) { gl.GenBuffers(n, buffers); }
GLint gl21_getAttribLocation(GLuint program, const GLchar *name) { return gl.GetAttribLocation(program, name); }
void gl21_getProgramInfoLog(GLuint program, GLsizei size, GLsizei *length, GLchar *text) { gl.GetProgramInfoLog(program, size, length, text); }
void gl21_getProgramiv(GLuint program, GLenum name, GLint *value) { gl.GetProgramiv(program, name, value); }
void gl21_getShaderInfoLog(GLuint shader, GLsizei size, GLsizei *length, GLchar *text) { gl.GetShaderInfoLog(shader, size, length, text); }
void gl21_getShaderiv(GLuint shader, GLenum name, GLint *value) { gl.GetShaderiv(shader, name, value); }
GLint gl21_getUniformLocation(GLuint program, const GLchar *name) { return gl.GetUniformLocation(program, name); }
void gl21_linkProgram(GLuint program) { gl.LinkProgram(program); }
void gl21_shaderSource(GLuint shader, GLsizei count, GLchar **texts, const GLint *lengths) { gl.ShaderSource(shader, count, (const GLchar *const *)texts, lengths); }
void gl21_uniform1f(GLint location, GLfloat v) { gl.Uniform1f(location, v); }
void gl21_uniform2f(GLint location, GLfloat v0, GLfloat v1) { gl.Uniform2f(location, v0, v1); }
void gl21_uniform4f(GLint location, GLfloat v0, GLfloat v1, GLfloat v2, GLfloat v3) { gl.Uniform4f(location, v0, v1, v2, v3); }
void gl21_useProgram(GLuint program) { gl.UseProgram(program); }
void gl21_vertexAttribPointer(GLuint index, GLint size, GLenum kind, GLboolean normalized, GLsizei stride, uintptr_t offset) { gl.VertexAttribPointer(index, size, kind, normalized, stride, (const void *)offset); }
