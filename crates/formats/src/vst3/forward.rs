//! Forwarding of an interface to the framework's class.

/// Implements an interface by forwarding methods to the framework's class. Methods in the second block stand as they are.
macro_rules! forward {
    ($interface:ident { $(fn $method:ident($($argument:ident: $type:ty),* $(,)?) -> $result:ty;)* } $({ $($own:tt)* })?) => {
        impl<P: HostedPlugin> $interface for Plugin<P> {
            $(unsafe fn $method(&self, $($argument: $type),*) -> $result {
                // SAFETY: the host's arguments are forwarded as they are.
                unsafe { $interface::$method(&self.framework, $($argument),*) }
            })*
            $($($own)*)?
        }
    };
}
pub(super) use forward;
