// <!--#exec cgi="/uri" --> and <!--#exec cmd="shell command" --> of mod_include.
#ifndef CPPCGI_MODULE_SSI_EXEC_H
#define CPPCGI_MODULE_SSI_EXEC_H

namespace cppcgi::module {

// post_config: takes the element over where neither mod_cgi nor mod_cgid is loaded.
void register_ssi_exec();

}  // namespace cppcgi::module

#endif
