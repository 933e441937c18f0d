mod authority;
mod openssl;
mod pdf;
mod samples;
mod stamping;
mod states;
