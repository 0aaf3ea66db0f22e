/* openapi.c - the description of all of this, out of docs/. */
#include "route.h"

/* Embedded by the assembler; builds run at the top of the tree. */
__asm__(".section .rodata\n"
	".global postern_openapi_begin\n"
	"postern_openapi_begin:\n"
	".incbin \"docs/openapi.yaml\"\n"
	".global postern_openapi_end\n"
	"postern_openapi_end:\n"
	".byte 0\n"
	".previous\n");
extern const char postern_openapi_begin[], postern_openapi_end[];

int api_openapi(struct worker *w, struct job *job, struct err *err)
{
	(void)w;
	return job_text(
	    job, 200, "application/yaml; charset=utf-8", postern_openapi_begin,
	    (size_t)(postern_openapi_end - postern_openapi_begin), err);
}
