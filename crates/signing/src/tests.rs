mod authority;
mod openssl;
