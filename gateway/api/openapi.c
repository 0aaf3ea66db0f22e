/* openapi.c - the description of all of this, out of docs/. */
#include "route.h"

/* Embedded by the assembler; make runs at the top of the tree. */
__asm__(".section .rodata\n"
	"postern_openapi:\n"
	".incbin \"docs/openapi.yaml\"\n"
	".byte 0\n"
	".previous\n");
extern const char postern_openapi[] __attribute__((visibility("hidden")));

int api_openapi(struct worker *w, struct job *job, struct err *err)
{
	(void)w;
	/* The length is known to the linker only; the file has no NUL. */
	return job_text(job, 200, "application/yaml; charset=utf-8",
			postern_openapi, strlen(postern_openapi), err);
}
