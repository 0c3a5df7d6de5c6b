// What later versions than 1.1 added has to be asked for by name, on Windows
// with a context current. The names are what no other library in a program has.
#pragma once
#include <stdint.h>
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#endif
#include <GL/gl.h>
#include <GL/glext.h>

// gl21_load finds them all; the name of the first that is missing, or NULL.
const char *gl21_load(void);

void gl21_activeTexture(GLenum texture);
void gl21_attachShader(GLuint program, GLuint shader);
void gl21_bindBuffer(GLenum target, GLuint buffer);
void gl21_blendColor(GLfloat r, GLfloat g, GLfloat b, GLfloat a);
void gl21_bufferData(GLenum target, GLsizeiptr size, const void *data, GLenum usage);
void gl21_bufferSubData(GLenum target, GLintptr offset, GLsizeiptr size, const void *data);
void gl21_compileShader(GLuint shader);
GLuint gl21_createProgram(void);
GLuint gl21_createShader(GLenum kind);
void gl21_deleteBuffers(GLsizei n, const GLuint *buffers);
void gl21_enableVertexAttribArray(GLuint index);
void gl21_genBuffers(GLsizei n, GLuint *buffers);
GLint gl21_getAttribLocation(GLuint program, const GLchar *name);
void gl21_getProgramInfoLog(GLuint program, GLsizei size, GLsizei *length, GLchar *text);
void gl21_getProgramiv(GLuint program, GLenum name, GLint *value);
void gl21_getShaderInfoLog(GLuint shader, GLsizei size, GLsizei *length, GLchar *text);
void gl21_getShaderiv(GLuint shader, GLenum name, GLint *value);
GLint gl21_getUniformLocation(GLuint program, const GLchar *name);
void gl21_linkProgram(GLuint program);
void gl21_shaderSource(GLuint shader, GLsizei count, GLchar **texts, const GLint *lengths);
void gl21_uniform1f(GLint location, GLfloat v);
void gl21_uniform2f(GLint location, GLfloat v0, GLfloat v1);
void gl21_uniform4f(GLint location, GLfloat v0, GLfloat v1, GLfloat v2, GLfloat v3);
void gl21_useProgram(GLuint program);
void gl21_vertexAttribPointer(GLuint index, GLint size, GLenum kind, GLboolean normalized, GLsizei stride, uintptr_t offset);
