/** A plugin of esbuild that keeps the AWS SDK in a file of its own, `awsSdk.js` beside the bundle, which is read on first use. */
export const awsSdkApart = {
  name: 'aws-sdk-apart',
  setup(build) {
    build.onResolve({ filter: /\/awsSdk$/ }, (args) =>
      args.kind === 'dynamic-import' ? { path: './awsSdk.js', external: true } : undefined,
    );
  },
};
