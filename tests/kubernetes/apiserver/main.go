// kubecheck does what the API server does before it takes an object: it decodes every YAML document of the files named on
// the command line strictly, fills in defaults, and validates. It prints what is refused, and exits with 1 if anything is.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	core "k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	"k8s.io/kubernetes/pkg/capabilities"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
)

func check(ctx context.Context, obj runtime.Object) (field.ErrorList, []string) {
	switch o := obj.(type) {
	case *apps.DaemonSet:
		return daemonset.Strategy.Validate(ctx, o), daemonset.Strategy.WarningsOnCreate(ctx, o)
	case *apps.Deployment:
		return deployment.Strategy.Validate(ctx, o), deployment.Strategy.WarningsOnCreate(ctx, o)
	case *core.ServiceAccount:
		return corevalidation.ValidateServiceAccount(o), nil
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(o), nil
	case *core.Namespace:
		return corevalidation.ValidateNamespace(o), nil
	case *core.Service:
		return corevalidation.ValidateServiceCreate(o), nil
	case *rbac.ClusterRole:
		return rbacvalidation.ValidateClusterRole(o, rbacvalidation.ClusterRoleValidationOptions{}), nil
	case *rbac.ClusterRoleBinding:
		return rbacvalidation.ValidateClusterRoleBinding(o), nil
	case *rbac.Role:
		return rbacvalidation.ValidateRole(o), nil
	case *rbac.RoleBinding:
		return rbacvalidation.ValidateRoleBinding(o), nil
	}
	return field.ErrorList{field.NotSupported(field.NewPath("kind"), fmt.Sprintf("%T", obj), []string{})}, nil
}

func main() {
	capabilities.Setup(true, 0)
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	decoder := codecs.UniversalDecoder()
	bad, n := 0, 0
	for _, name := range os.Args[1:] {
		raw, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(raw)))
		for i := 0; ; i++ {
			doc, err := reader.Read()
			if err == io.EOF {
				break
			}
			n++
			obj, gvk, err := decoder.Decode(doc, nil, nil)
			if err != nil {
				fmt.Printf("%s[%d]: %v\n", name, i, err)
				bad++
				continue
			}
			ctx := genericapirequest.WithNamespace(genericapirequest.NewContext(), "default")
			ctx = genericapirequest.WithRequestInfo(ctx, &genericapirequest.RequestInfo{APIGroup: gvk.Group, APIVersion: gvk.Version})
			errs, warnings := check(ctx, obj)
			for _, e := range errs {
				fmt.Printf("%s[%d] %s: %v\n", name, i, gvk.Kind, e)
				bad++
			}
			for _, w := range warnings {
				fmt.Printf("%s[%d] %s: warning: %s\n", name, i, gvk.Kind, w)
			}
		}
	}
	fmt.Printf("%d documents, %d problems\n", n, bad)
	if bad > 0 {
		os.Exit(1)
	}
}
