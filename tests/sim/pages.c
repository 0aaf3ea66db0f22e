/* pages.c - carries the demo pages in the binary. */
#include "pages.h"

#define PAGE(symbol, file)                                  \
	__asm__(".section .rodata\n"                        \
		".global " symbol "\n" symbol ":\n"         \
		".incbin \"tests/sim/pages/" file "\"\n"    \
		".global " symbol "_end\n" symbol "_end:\n" \
		".byte 0\n.previous\n")

PAGE("page_phone", "phone.html");
PAGE("page_desk", "desk.html");

size_t page_phone_len(void)
{
	return (size_t)(page_phone_end - page_phone);
}

size_t page_desk_len(void)
{
	return (size_t)(page_desk_end - page_desk);
}
